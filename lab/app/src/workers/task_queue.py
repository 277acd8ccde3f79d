"""The task queue: named functions that a worker process runs, one after the other.

It has the few things of Celery that the tasks use, and runs them in this process.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Task:
    """A function with a name, callable like the function."""

    name: str
    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def apply(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run it as a worker does: the outcome as a record, never as an exception."""
        record: dict[str, Any] = {"id": uuid.uuid4().hex, "task": self.name}
        try:
            return {**record, "state": "SUCCESS", "result": self.function(*args, **kwargs)}
        except Exception as error:
            return {**record, "state": "FAILURE", "error": f"{type(error).__name__}: {error}"}


@dataclass
class TaskQueue:
    """Tasks by name, and when each is due."""

    tasks: dict[str, Task] = field(default_factory=dict)
    schedule: dict[str, float] = field(default_factory=dict)

    def task(self, name: str, every: float | None = None) -> Callable[[Callable[..., Any]], Task]:
        """Register a function under `name`, due `every` so many seconds."""

        def register(function: Callable[..., Any]) -> Task:
            if name in self.tasks:
                raise ValueError(f"there is a task {name} already")
            self.tasks[name] = Task(name, function)
            if every is not None:
                self.schedule[name] = every
            return self.tasks[name]

        return register

    def due(self, elapsed: float) -> list[str]:
        """The tasks that fall due `elapsed` seconds after the start."""
        return sorted(name for name, every in self.schedule.items() if elapsed % every == 0)


queue = TaskQueue()
