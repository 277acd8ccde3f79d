"""The HTTP application."""

from __future__ import annotations

from fastapi import FastAPI

from src.api.dependencies import auth
from src.api.routes import drift, experiments, health, kpis, search, session

VERSION = "0.4.0"


def create_app(testing_mode: bool) -> FastAPI:
    """The application, with authentication on unless `testing_mode`."""
    application = FastAPI(title="E2I Causal Analytics", version=VERSION)
    application.state.testing_mode = testing_mode
    for routes in (health, session, kpis, drift, experiments, search):
        application.include_router(routes.router)
    return application


app = create_app(testing_mode=auth.TESTING_MODE)
