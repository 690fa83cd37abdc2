// SPDX-License-Identifier: Apache-2.0
// Panics with a marker that only its owner is to see.
fn main() {
    panic!("{}", "enarx-marker-panic-5d7c1f0e");
}
