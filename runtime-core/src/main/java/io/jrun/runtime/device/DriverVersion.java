package io.jrun.runtime.device;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Versions of NVIDIA's driver: numbers with dots between them. */
final class DriverVersion {

    static final Comparator<String> ORDER = DriverVersion::compare;

    /** The first driver branch that knows a CUDA version. Source: CUDA release notes, "CUDA Toolkit and Driver Versions". */
    private static final NavigableMap<Integer, String> CUDA = new TreeMap<>(Map.ofEntries(
            Map.entry(390, "9.1"),
            Map.entry(396, "9.2"),
            Map.entry(410, "10.0"),
            Map.entry(418, "10.1"),
            Map.entry(440, "10.2"),
            Map.entry(450, "11.0"),
            Map.entry(455, "11.1"),
            Map.entry(460, "11.2"),
            Map.entry(465, "11.3"),
            Map.entry(470, "11.4"),
            Map.entry(495, "11.5"),
            Map.entry(510, "11.6"),
            Map.entry(515, "11.7"),
            Map.entry(520, "11.8"),
            Map.entry(525, "12.0"),
            Map.entry(530, "12.1"),
            Map.entry(535, "12.2"),
            Map.entry(545, "12.3"),
            Map.entry(550, "12.4"),
            Map.entry(555, "12.5"),
            Map.entry(560, "12.6"),
            Map.entry(565, "12.7"),
            Map.entry(570, "12.8"),
            Map.entry(575, "12.9"),
            Map.entry(580, "13.0")));

    private DriverVersion() {}

    static int compare(String left, String right) {
        List<Integer> a = numbers(left);
        List<Integer> b = numbers(right);
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            int order = Integer.compare(i < a.size() ? a.get(i) : 0, i < b.size() ? b.get(i) : 0);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static List<Integer> numbers(String version) {
        return Arrays.stream(version.split("\\.", -1))
                .map(part -> part.matches("[0-9]{1,9}") ? Integer.parseInt(part) : 0)
                .toList();
    }

    static int major(String version) {
        return numbers(version).get(0);
    }

    /** The newest CUDA that a driver runs; empty for drivers older than the table. */
    static Optional<String> cudaOf(String version) {
        return Optional.ofNullable(CUDA.floorEntry(major(version))).map(Map.Entry::getValue);
    }
}
