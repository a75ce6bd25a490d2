"""What a run's agents are told: its prompts with their variables, and each variation's role."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Self

from aideator_agent.spec import Repository
from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN
from aideator_cli.errors import usage
from aideator_cli.intake import prompts, variables
from aideator_cli.intake.matrix import Cell, Matrix, Prompt
from aideator_cli.intake.prompts import Briefed, Messages
from aideator_cli.intake.request import Request
from aideator_cli.intake.variables import Variables

RESOLVE: Final = "Resolve {}, which is quoted below. Change what it needs and no more, and add a test for it if the project has tests."
EXPLAIN: Final = (
    "Look into {}, which is quoted below. Say what causes it, with file and line, and how it could be resolved. If it asks something,"
    " answer it."
)


@frozen
class Brief:
    variables: Variables
    answer: bool  # whether the agents answer a question
    search: bool  # whether any agent may search
    written: tuple[Prompt, ...]  # as the user wrote them
    prompts: tuple[Prompt, ...]  # with their variables

    @classmethod
    def of(cls, request: Request, table: Matrix | None) -> Self:
        """Raises `AideatorError` (usage), also for a variable without a value."""
        told = variables.parse(request.briefing.variables, request.briefing.variable_files)
        written = table.prompts if table and table.prompts else (Prompt(_prompt(request)),)
        return cls(
            told,
            request.question.answer,
            request.search != "none",
            written,
            tuple(_filled(prompt, told) for prompt in written),
        )

    @property
    def whole(self) -> str:
        """Returns the prompt of the whole run. If there are several, each stands under its name."""
        if len(self.prompts) == 1:
            return self.prompts[0].text
        return "\n\n".join(f"{prompt.name}: {prompt.text}" for prompt in self.prompts)

    def table(self, table: Matrix | None) -> Matrix | None:
        """Returns the matrix with its prompts as the agents get them."""
        return replace(table, prompts=self.prompts) if table and table.prompts else table

    def messages(self, repository: Repository, cells: Sequence[Cell]) -> Messages:
        """Raises `AideatorError` (usage) for a role that can't be rendered."""
        told = [
            Briefed(
                cell.role,
                cell.prompt.text if cell.prompt else self.whole,
                cell.worker.agent == OWN,
                self.answer,
                self.search,
            )
            for cell in cells
        ]
        return prompts.messages(repository, told, self.variables)

    def remarks(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        """Returns what the user should know before the run starts."""
        roles = list(dict.fromkeys(cell.role for cell in cells))
        return prompts.unused(self.variables, [prompt.text for prompt in self.written], roles)


def _prompt(request: Request) -> str:
    text = request.prompt
    if text is None and request.issue is not None and not request.issue.pull:
        return (EXPLAIN if request.question.answer else RESOLVE).format(request.issue.name)
    if text is None and request.question.answer and request.question.diff is not None:
        from aideator_cli.intake import review

        return review.PROMPT
    if text is None:
        raise usage(
            "no prompt is given", hint='aideator run REPO "What the agents should do", or --matrix with `prompts`'
        )
    return prompts.checked(text)


def _filled(prompt: Prompt, told: Variables) -> Prompt:
    what = "the prompt" if prompt.name is None else f"prompt '{prompt.name}'"
    return replace(prompt, text=prompts.filled(prompt.text, told, what))
