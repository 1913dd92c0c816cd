"""The addresses of the settings."""

from django.urls import path

from helpdesk.web import setting_details, setting_pages

urlpatterns = [
    path("", setting_pages.index, name="settings"),
    path("changes/", setting_pages.changes, name="setting-changes"),
    path("field-order/", setting_details.order, name="setting-order"),
    path("workflows/<uuid:uuid>/", setting_details.workflow, name="setting-workflow"),
    path("teams/<uuid:uuid>/members/", setting_details.member, name="setting-member"),
    path("custom-fields/<uuid:uuid>/conditions/new/", setting_details.rule, name="setting-rule"),
    path("conditions/<uuid:uuid>/removal/", setting_details.rule_removed, name="setting-unrule"),
    path("<slug:noun>/", setting_pages.listed, name="settings-list"),
    path("<slug:noun>/new/", setting_pages.new, name="setting-new"),
    path("<slug:noun>/<uuid:uuid>/", setting_pages.edit, name="setting"),
    path("<slug:noun>/<uuid:uuid>/position/", setting_pages.move, name="setting-move"),
    path("<slug:noun>/<uuid:uuid>/removal/", setting_pages.remove, name="setting-remove"),
]
