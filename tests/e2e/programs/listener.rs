// SPDX-License-Identifier: Apache-2.0

//! Answers one connection on the listener at descriptor 3 with the contents of a
//! file in a preopened directory.

use std::io::Write;
use std::net::TcpListener;
use std::os::wasi::io::FromRawFd;

fn main() -> std::io::Result<()> {
    let listener = unsafe { TcpListener::from_raw_fd(3) };
    let (mut connection, _) = listener.accept()?;
    connection.write_all(&std::fs::read("/data/greeting")?)
}
