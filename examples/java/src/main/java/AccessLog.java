// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** AccessLog FILE: what a web server's log tells about status codes, paths and clients. */
public class AccessLog {
    private static final Pattern LINE =
            Pattern.compile("^(\\S+) \\S+ \\S+ \\[[^\\]]*\\] \"(\\S+) (\\S+) [^\"]*\" (\\d{3}) (\\d+)");

    private final Map<String, Integer> statuses = new TreeMap<>();
    private final Map<String, Integer> paths = new TreeMap<>();
    private final Map<String, Long> bytes = new TreeMap<>();
    private int unread;

    private void add(String line) {
        Matcher m = LINE.matcher(line);
        if (!m.find()) {
            unread++;
            return;
        }
        statuses.merge(m.group(4), 1, (a, b) -> a + b);
        paths.merge(m.group(2) + " " + m.group(3), 1, (a, b) -> a + b);
        bytes.merge(m.group(1), Long.parseLong(m.group(5)), (a, b) -> a + b);
    }

    private static <V extends Comparable<V>> void print(String title, Map<String, V> counts) {
        System.out.println(title);
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, V>comparingByValue().reversed())
                .forEach(e -> System.out.println("  " + e.getValue() + "  " + e.getKey()));
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            System.err.println("usage: AccessLog FILE");
            return;
        }
        var log = new AccessLog();
        try (var reader = new BufferedReader(new FileReader(args[0]))) {
            for (String line; (line = reader.readLine()) != null;) {
                log.add(line);
            }
        }
        print("status", log.statuses);
        print("requests", log.paths);
        print("bytes sent", log.bytes);
        System.out.println("lines not understood: " + log.unread);
    }
}
