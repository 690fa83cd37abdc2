/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QuickJS running a program: objects, closures, maps, regular expressions, JSON
 * and arithmetic.
 */
#include "bench.h"

#include <quickjs.h>
#include <stdio.h>

static const char program[] =
    "class Body {\n"
    "  constructor(x, v, m) { this.x = x; this.v = v; this.m = m; }\n"
    "  step(others, dt) {\n"
    "    for (const o of others) if (o !== this) {\n"
    "      const d = o.x - this.x, r = Math.abs(d) + 0.01;\n"
    "      this.v += dt * o.m * d / (r * r * r);\n"
    "    }\n"
    "    this.x += dt * this.v;\n"
    "  }\n"
    "}\n"
    "const bodies = [...Array(6).keys()].map(i => new Body(i * 1.7, 0.1 * i, 1 + i % 3));\n"
    "for (let i = 0; i < 3000; i++) for (const b of bodies) b.step(bodies, 0.001);\n"
    "const words = new Map();\n"
    "for (let i = 0; i < 20000; i++) {\n"
    "  const w = ((i * 2654435761) % 65536).toString(36);\n"
    "  words.set(w, (words.get(w) ?? 0) + w.replace(/[aeiou]/g, '').length);\n"
    "}\n"
    "const text = JSON.stringify([...words].sort((a, b) => a[0] < b[0] ? -1 : 1));\n"
    "const back = JSON.parse(text);\n"
    "const sieve = new Uint8Array(100000); let primes = 0;\n"
    "for (let i = 2; i < sieve.length; i++) if (!sieve[i]) {\n"
    "  primes++; for (let j = i * 2; j < sieve.length; j += i) sieve[j] = 1;\n"
    "}\n"
    "`${primes} ${back.length} ${text.length} ${bodies.map(b => b.x.toFixed(6)).join()}`;\n";

void kernel(struct bench *b)
{
    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        JSRuntime *rt = JS_NewRuntime();
        JSContext *ctx = JS_NewContext(rt);
        JSValue value = JS_Eval(ctx, program, sizeof(program) - 1, "bench", 0);
        size_t len;
        const char *text = JS_ToCStringLen(ctx, &len, value);
        bench_need(!JS_IsException(value) && text, "quickjs");
        bench_sum(b, text, len);
        JS_FreeCString(ctx, text);
        JS_FreeValue(ctx, value);
        JS_FreeContext(ctx);
        JS_FreeRuntime(rt);
    }
    bench_stop(b);
}
