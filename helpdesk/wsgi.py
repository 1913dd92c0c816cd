import os

from django.core.wsgi import get_wsgi_application

from helpdesk.doors.encoding import Request
from helpdesk.doors.patience import bound_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
application = get_wsgi_application()
application.request_class = Request
bound_statements()
