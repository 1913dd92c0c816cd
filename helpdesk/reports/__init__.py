"""What is told about the work, for those who count: tables with stable columns."""
