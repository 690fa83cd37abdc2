/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite DATABASE [SQL]...: runs SQL from its arguments, or else from standard
 * input, and prints rows with '|' between the columns. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int print_row(void *context, int count, char **values, char **names)
{
    (void)context;
    (void)names;
    for (int i = 0; i < count; i++)
        printf("%s%s", i > 0 ? "|" : "", values[i] ? values[i] : "");
    putchar('\n');
    return 0;
}

static int run(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, print_row, NULL, &error) == SQLITE_OK)
        return 0;
    fprintf(stderr, "sqlite: %s\n", error);
    sqlite3_free(error);
    return 1;
}

/* All of standard input as a string, or null. */
static char *read_all(void)
{
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    while (text) {
        size += fread(text + size, 1, room - size - 1, stdin);
        if (size < room - 1)
            break;
        char *larger = realloc(text, room *= 2);
        if (!larger)
            free(text);
        text = larger;
    }
    if (text)
        text[size] = 0;
    return text;
}

static int run_input(sqlite3 *db)
{
    char *sql = read_all();
    if (!sql) {
        fputs("sqlite: out of memory\n", stderr);
        return 1;
    }
    int status = run(db, sql);
    free(sql);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: sqlite DATABASE [SQL]...\n", stderr);
        return 2;
    }
    /* Nobody else is in a keep: no locks. */
    sqlite3 *db;
    const int how = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(argv[1], &db, how, "unix-none") != SQLITE_OK) {
        fprintf(stderr, "sqlite: %s: %s\n", argv[1], sqlite3_errmsg(db));
        return 1;
    }
    int status = argc == 2 ? run_input(db) : 0;
    for (int i = 2; i < argc && status == 0; i++)
        status = run(db, argv[i]);
    sqlite3_close(db);
    return status;
}
