"""What leaves this installation: which addresses may be reached, what is kept out of the logs.

Plain Python for both apps; it imports nothing of ours.
"""
