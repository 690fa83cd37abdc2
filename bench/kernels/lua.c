/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lua running a program: n-queens, strings, tables and closures. Lua is built
 * without setjmp, which WASI lacks: an error in the program ends it.
 */
#include "bench.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static const char program[] =
    "local function queens(n)\n"
    "  local cols, up, down, count = {}, {}, {}, 0\n"
    "  local function place(r)\n"
    "    if r > n then count = count + 1 return end\n"
    "    for c = 1, n do\n"
    "      if not (cols[c] or up[r + c] or down[r - c]) then\n"
    "        cols[c], up[r + c], down[r - c] = true, true, true\n"
    "        place(r + 1)\n"
    "        cols[c], up[r + c], down[r - c] = nil, nil, nil\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "  place(1)\n"
    "  return count\n"
    "end\n"
    "local words = {}\n"
    "for i = 1, 20000 do words[i] = string.format('%x:%d', i * 2654435761 % 65536, i % 97) end\n"
    "table.sort(words)\n"
    "local seen = {}\n"
    "for _, w in ipairs(words) do\n"
    "  local k = w:match(':(%d+)')\n"
    "  seen[k] = (seen[k] or 0) + #w:gsub('%d', 'x')\n"
    "end\n"
    "local sum = queens(8)\n"
    "for _, v in pairs(seen) do sum = sum + v end\n"
    "local x = 0.5\n"
    "for i = 1, 300000 do x = 3.7 * x * (1 - x) end\n"
    "return sum + math.floor(x * 1000)\n";

static void open_libs(lua_State *lua)
{
    luaL_requiref(lua, "_G", luaopen_base, 1);
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    lua_settop(lua, 0);
}

void kernel(struct bench *b)
{
    long long sum = 0;

    bench_start(b);
    for (unsigned i = 0; i < b->reps; i++) {
        lua_State *lua = luaL_newstate();
        open_libs(lua);
        bench_need(luaL_dostring(lua, program) == LUA_OK, "lua");
        sum += lua_tointeger(lua, -1);
        lua_close(lua);
    }
    bench_stop(b);
    bench_sum(b, &sum, sizeof(sum));
}
