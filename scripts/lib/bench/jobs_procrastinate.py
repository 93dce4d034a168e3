"""One round of procrastinate on jobs that do nothing: jobs_procrastinate.py URL COUNT CONCURRENCY.

Run by the venv's Python. Prints {"jobs_per_second": …, "pick_up_p50_ms": …}. What ours does, as ours does it: work on
jobs that wait already, in one process; then one job at a time, from before it is deferred to its handler.
"""
import asyncio
import json
import logging
import sys
import time

import procrastinate

LATENCIES = 100


async def main(url, count, concurrency):
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=4, max_size=20))
    handled = asyncio.Queue()

    @app.task(name="no_op")
    async def no_op(number):
        handled.put_nowait(time.perf_counter())

    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        await app.connector.execute_query_async("TRUNCATE procrastinate_jobs CASCADE")
        for start in range(0, count, 100):
            await no_op.batch_defer_async(*({"number": start + index} for index in range(100)))

        options = {"concurrency": concurrency, "delete_jobs": "always", "install_signal_handlers": False}
        started = time.perf_counter()
        await app.run_worker_async(wait=False, **options)
        seconds = time.perf_counter() - started
        if handled.qsize() != count:
            raise SystemExit(f"{handled.qsize()} of {count} jobs were handled")

        handled = asyncio.Queue()
        worker = asyncio.create_task(app.run_worker_async(wait=True, **options))
        await asyncio.sleep(1)
        waits = []
        for number in range(LATENCIES):
            sent = time.perf_counter()
            await no_op.defer_async(number=number)
            waits.append(await handled.get() - sent)
            await asyncio.sleep(0.005)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    waits.sort()
    print(json.dumps({"jobs_per_second": count / seconds, "pick_up_p50_ms": waits[len(waits) // 2] * 1000}))


logging.disable(logging.CRITICAL)
asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
