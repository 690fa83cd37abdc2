/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite: a database in memory under inserts, joins, updates, deletes, ordering
 * and text search: the kinds of statement a small service makes.
 */
#include "bench.h"

#include <sqlite3.h>
#include <stdio.h>

enum { ROWS = 20000 };

static int sum_row(void *arg, int count, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < count; i++)
        for (const char *p = values[i]; p && *p; p++)
            *(uint64_t *)arg = *(uint64_t *)arg * 31 + (unsigned char)*p;
    return 0;
}

static void run(sqlite3 *db, const char *sql, uint64_t *sum)
{
    int status = sqlite3_exec(db, sql, sum_row, sum, NULL);

    bench_need(status == SQLITE_OK, sqlite3_errmsg(db));
}

static void insert(sqlite3 *db)
{
    uint64_t state = 11;
    sqlite3_stmt *stmt;
    int status = sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?1,?2,?3)", -1, &stmt, NULL);

    bench_need(status == SQLITE_OK, "prepare");
    for (int i = 0; i < ROWS; i++) {
        char text[48];
        uint64_t r = bench_random(&state);
        snprintf(text, sizeof(text), "row %d of value %u", i, (unsigned)(r >> 40));
        sqlite3_bind_int(stmt, 1, i);
        sqlite3_bind_int(stmt, 2, (int)(r >> 48));
        sqlite3_bind_text(stmt, 3, text, -1, SQLITE_TRANSIENT);
        bench_need(sqlite3_step(stmt) == SQLITE_DONE, "insert");
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
}

static void round_run(uint64_t *sum)
{
    sqlite3 *db;

    bench_need(sqlite3_open(":memory:", &db) == SQLITE_OK, "open");
    run(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER, c TEXT); BEGIN", sum);
    insert(db);
    run(db,
        "COMMIT; CREATE INDEX tb ON t(b); CREATE INDEX tc ON t(c);"
        "SELECT count(*), avg(b) FROM t WHERE c LIKE '%99%';"
        "SELECT x.a, y.c FROM t x JOIN t y ON x.b = y.b WHERE x.a < y.a ORDER BY y.c LIMIT 50;"
        "UPDATE t SET b = b + 7, c = c || '!' WHERE a % 3 = 0;"
        "SELECT b % 100 AS k, count(*), max(c) FROM t GROUP BY k ORDER BY 2 DESC, k LIMIT 20;"
        "DELETE FROM t WHERE b BETWEEN 1000 AND 9000;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
        " SELECT sum(i * i % 7) FROM n;"
        "PRAGMA integrity_check",
        sum);
    sqlite3_close(db);
}

void kernel(struct bench *b)
{
    uint64_t sum = 0;

    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++)
        round_run(&sum);
    bench_stop(b);
    bench_sum(b, &sum, sizeof(sum));
}
