// SPDX-License-Identifier: Apache-2.0
//! Re-exports wasmtime's C API, so that Cargo puts its symbols into libengine.a.
#![forbid(unsafe_code)]
pub use wasmtime_c_api::*;
