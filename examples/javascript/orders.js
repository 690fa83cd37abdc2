// SPDX-License-Identifier: Apache-2.0
// orders.js FILE.json: totals of a file of orders, by customer, as a table.
import * as std from 'qjs:std';

const [, path] = scriptArgs;
const text = path && std.loadFile(path);
if (!text) {
    console.log('usage: orders.js FILE.json');
    std.exit(2);
}

const totals = new Map();
for (const { customer, items } of JSON.parse(text)) {
    const sum = items.reduce((total, { price, count = 1 }) => total + price * count, 0);
    totals.set(customer, (totals.get(customer) ?? 0) + sum);
}

const width = Math.max(...[...totals.keys()].map((name) => name.length));
for (const [name, total] of [...totals].sort(([, a], [, b]) => b - a))
    console.log(`${name.padEnd(width)}  ${total.toFixed(2).padStart(9)}`);
