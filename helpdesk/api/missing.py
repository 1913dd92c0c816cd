"""Addresses that lead nowhere, and those that only lack their last slash."""

from django.http import Http404, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from rest_framework.views import APIView

from helpdesk.api.base import ApiView


class Nowhere(ApiView):
    """404 in the shape of every failure, once the key was seen to be good."""

    schema = None
    params = None
    http_method_names = APIView.http_method_names

    def get(self, request, **kwargs) -> HttpResponse:
        raise Http404

    post = put = patch = delete = options = get


@csrf_exempt
def elsewhere(request) -> HttpResponse:
    """What an address means with its last slash, else nothing."""
    if not request.path_info.endswith("/"):
        try:
            found = resolve(f"{request.path_info}/")
        except Resolver404:
            found = None
        if found is not None and found.func is not elsewhere:
            request.path_info += "/"
            request.path += "/"
            return found.func(request, *found.args, **found.kwargs)
    return Nowhere.as_view()(request)
