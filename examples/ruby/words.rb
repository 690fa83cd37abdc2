# SPDX-License-Identifier: Apache-2.0
# words.rb FILE [COUNT]: the most frequent words of a text, as JSON.
require "json"

path, count = ARGV
abort "usage: words.rb FILE [COUNT]" unless path

words = File.read(path).downcase.scan(/[[:alpha:]]+/)
top = words.tally.sort_by { |word, n| [-n, word] }.first((count || 5).to_i)
puts JSON.pretty_generate(words: words.size, different: words.uniq.size, top: top.to_h)
