"""One round of pgqueuer on jobs that do nothing: jobs_pgqueuer.py URL COUNT BATCH.

Run by the venv's Python. Prints {"jobs_per_second": …}: one process works on jobs that wait already, until none is left
in the table.
"""
import asyncio
import json
import logging
import sys
import time

import asyncpg
import uvloop
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode


async def main(url, count, batch):
    pool = await asyncpg.create_pool(url, min_size=4, max_size=20)
    queries = Queries(AsyncpgPoolDriver(pool))
    if await pool.fetchval("SELECT to_regclass('pgqueuer')") is None:
        await queries.install()
    await pool.execute("TRUNCATE pgqueuer; TRUNCATE pgqueuer_log")
    for _ in range(0, count, 100):
        await queries.enqueue(["no_op"] * 100, [b"{}"] * 100, [0] * 100)

    manager = QueueManager(queries)
    handled = 0

    @manager.entrypoint("no_op")
    async def no_op(job):
        nonlocal handled
        handled += 1

    started = time.perf_counter()
    run = asyncio.create_task(manager.run(batch_size=batch, mode=QueueExecutionMode.drain))
    while handled < count and not run.done():
        await asyncio.sleep(0.001)
    # Done is what is gone.
    while not run.done() and await pool.fetchval("SELECT EXISTS (SELECT FROM pgqueuer)"):
        await asyncio.sleep(0.001)
    seconds = time.perf_counter() - started
    await run
    if handled != count:
        raise SystemExit(f"{handled} of {count} jobs were handled")
    await pool.close()
    print(json.dumps({"jobs_per_second": count / seconds}))


logging.disable(logging.CRITICAL)
uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
