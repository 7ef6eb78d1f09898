"""A django-oscar shop as its documentation sets one up; the database is named by the environment."""

import json
import os

from oscar import INSTALLED_APPS as APPS
from oscar.defaults import *  # noqa: F403  its documentation asks for this

INSTALLED_APPS = [*APPS, "sorl.thumbnail"]
SECRET_KEY = "public"
DEBUG = False
ALLOWED_HOSTS = ["*"]
SITE_ID = 1
USE_TZ = True
LANGUAGE_CODE = "en-gb"
STATIC_URL, MEDIA_URL = "/static/", "/media/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "benchmarks.oscar.urls"
DATABASES = {"default": json.loads(os.environ["TRUST_BENCH_DJANGO_DATABASE"])}
MEDIA_ROOT = os.environ["TRUST_BENCH_MEDIA"]
# Its tables are made from its models: going through its history of migrations takes a minute and ends the same.
MIGRATION_MODULES = {name.split(".config")[0].split(".apps.")[-1].split(".")[0]: None for name in INSTALLED_APPS}
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
AUTHENTICATION_BACKENDS = (
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
)
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    "django.middleware.common.CommonMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
]
PROCESSORS = [
    "django.contrib.auth.context_processors.auth",
    "django.template.context_processors.request",
    "django.template.context_processors.i18n",
    "django.template.context_processors.media",
    "django.template.context_processors.static",
    "django.contrib.messages.context_processors.messages",
    "oscar.apps.search.context_processors.search_form",
    "oscar.apps.communication.notifications.context_processors.notifications",
    "oscar.apps.checkout.context_processors.checkout",
    "oscar.core.context_processors.metadata",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": PROCESSORS},
    }
]
