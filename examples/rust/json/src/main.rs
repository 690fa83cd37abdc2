// SPDX-License-Identifier: Apache-2.0
//! json [PATH]: reads JSON and prints what is at PATH, "orders.0.price" for
//! instance, indented. A '*' in PATH stands for every element.

use serde_json::Value;
use std::io;
use std::process::ExitCode;

/// The values that `key` leads to from `value`.
fn step<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    match (value, key) {
        (Value::Array(items), "*") => items.iter().collect(),
        (Value::Object(fields), "*") => fields.values().collect(),
        (Value::Array(items), _) => key.parse().ok().and_then(|i: usize| items.get(i)).into_iter().collect(),
        _ => value.get(key).into_iter().collect(),
    }
}

fn select<'a>(root: &'a Value, path: &str) -> Vec<&'a Value> {
    path.split('.').filter(|key| !key.is_empty()).fold(vec![root], |values, key| {
        values.into_iter().flat_map(|value| step(value, key)).collect()
    })
}

fn main() -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_default();
    let root: Value = match serde_json::from_reader(io::stdin().lock()) {
        Ok(root) => root,
        Err(error) => {
            eprintln!("json: {error}");
            return ExitCode::FAILURE;
        }
    };
    let found = select(&root, &path);
    if found.is_empty() {
        eprintln!("json: nothing at {path}");
        return ExitCode::FAILURE;
    }
    for value in found {
        println!("{value:#}");
    }
    ExitCode::SUCCESS
}
