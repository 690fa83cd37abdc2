# SPDX-License-Identifier: Apache-2.0
puts "Hello, Enarx!"
