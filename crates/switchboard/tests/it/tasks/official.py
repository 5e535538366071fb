"""Drives tasks with the official client of the Agent Protocol, as it was published.

    official.py BASE TOKEN FOLDER

An empty TOKEN sends none. Prints "good" when all was as it should be.
"""

import asyncio
import os
import sys

from agent_protocol_client import (
    AgentApi,
    ApiClient,
    Configuration,
    StepRequestBody,
    TaskRequestBody,
)
from agent_protocol_client.exceptions import ApiException

MISSING = "Unable to find entity with the provided id"


def same(seen, wanted):
    if seen != wanted:
        raise AssertionError(f"{seen!r} and not {wanted!r}")


async def not_found(call):
    try:
        await call
    except ApiException as error:
        same(error.status, 404)
        assert MISSING in str(error.body), error.body
        return
    raise AssertionError("it was found")


async def tasks(api):
    """Makes tasks and looks at their pages; gives the first."""
    before = (await api.list_agent_tasks()).pagination.total_items
    made = []
    for n in range(12):
        body = TaskRequestBody(input=f"task {n}", additional_input={"n": n, "deep": [{}]})
        task = await api.create_agent_task(body)
        same((task.input, task.additional_input, task.artifacts), (body.input, body.additional_input, []))
        made.append(task)
    empty = await api.create_agent_task()
    same((empty.input, empty.additional_input), (None, {}))
    seen, pages = [], -(-(before + 13) // 5)
    for page in range(1, pages + 2):
        found = await api.list_agent_tasks(current_page=page, page_size=5)
        same(found.pagination.total_items, before + 13)
        same(found.pagination.total_pages, pages)
        same((found.pagination.current_page, found.pagination.page_size), (page, 5))
        seen += found.tasks
    wanted = [task.task_id for task in made] + [empty.task_id]
    same([task.task_id for task in seen][before:], wanted)
    same((await api.get_agent_task(made[3].task_id)).input, "task 3")
    usual = await api.list_agent_tasks()
    same((len(usual.tasks), usual.pagination.page_size), (10, 10))
    return made[0]


async def steps(api, task):
    """Does steps to the end, and looks at their pages."""
    for n in range(11):
        step = await api.execute_agent_task_step(task.task_id, StepRequestBody(input=f"step {n}"))
        same((step.output, step.status, step.is_last), (f"step {n}", "completed", False))
        same((step.task_id, step.artifacts), (task.task_id, []))
        shown = await api.get_agent_task_step(task.task_id, step.step_id)
        same(shown.to_dict(), step.to_dict())
    last = await api.execute_agent_task_step(task.task_id)
    same((last.is_last, last.status), (True, "completed"))
    after = await api.execute_agent_task_step(task.task_id, StepRequestBody(input="more"))
    same(after.to_dict(), last.to_dict())
    inputs = []
    for page in (1, 2, 3):
        found = await api.list_agent_task_steps(task.task_id, current_page=page, page_size=5)
        same((found.pagination.total_items, found.pagination.total_pages), (12, 3))
        inputs += [step.input for step in found.steps]
    same(inputs, [f"step {n}" for n in range(11)] + [None])
    past = await api.list_agent_task_steps(task.task_id, current_page=9)
    same((past.steps, past.pagination.total_items), ([], 12))


async def artifacts(api, task, folder):
    """Sends files and fetches them back, byte by byte."""
    sent = {}
    for n in range(3):
        path = os.path.join(folder, f"file-{n}.bin")
        content = bytes(range(256)) * (1 + n * 5000)
        with open(path, "wb") as file:
            file.write(content)
        artifact = await api.upload_agent_task_artifacts(task.task_id, file=path, relative_path=f"in/{n}")
        same((artifact.file_name, artifact.relative_path), (f"file-{n}.bin", f"in/{n}"))
        same(artifact.agent_created, False)
        sent[artifact.artifact_id] = content
    listed = await api.list_agent_task_artifacts(task.task_id, current_page=2, page_size=2)
    same((len(listed.artifacts), listed.pagination.total_items), (1, 3))
    listed = await api.list_agent_task_artifacts(task.task_id)
    same({artifact.artifact_id for artifact in listed.artifacts}, set(sent))
    same({artifact.artifact_id for artifact in (await api.get_agent_task(task.task_id)).artifacts}, set(sent))
    for artifact_id, content in sent.items():
        fetched = await api.download_agent_task_artifact(task.task_id, artifact_id)
        same(bytes(fetched), content)
    await not_found(api.download_agent_task_artifact(task.task_id, "no-such-artifact"))


async def strangers(api, task):
    """Asks for what is not there, and for what cannot be."""
    await not_found(api.get_agent_task("no-such-task"))
    await not_found(api.list_agent_task_steps("no-such-task"))
    await not_found(api.execute_agent_task_step("no-such-task"))
    await not_found(api.get_agent_task_step(task.task_id, "no-such-step"))
    await not_found(api.list_agent_task_artifacts("no-such-task"))


async def main(base, token, folder):
    configuration = Configuration(host=base)
    headers = {}
    if token:
        headers = {"header_name": "Authorization", "header_value": f"Bearer {token}"}
    async with ApiClient(configuration, **headers) as client:
        api = AgentApi(client)
        task = await tasks(api)
        await artifacts(api, task, folder)
        await steps(api, task)
        await strangers(api, task)
    async with ApiClient(configuration, header_name="Authorization", header_value="Bearer x") as client:
        try:
            await AgentApi(client).list_agent_tasks()
        except ApiException as error:
            same(error.status, 401)
        else:
            raise AssertionError("a bad token was let in")
    print("good")


asyncio.run(main(*sys.argv[1:]))
