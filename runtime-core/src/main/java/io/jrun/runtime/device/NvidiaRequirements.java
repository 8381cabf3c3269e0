package io.jrun.runtime.device;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an image demands of driver and GPU in variables NVIDIA_REQUIRE_*: alternatives between spaces, each of conditions
 * between commas; every variable must hold. Source: NVIDIA Container Toolkit, "Constraints".
 */
final class NvidiaRequirements {

    /** Switches the check off. */
    static final String SWITCH = "NVIDIA_DISABLE_REQUIRE";

    private static final String PREFIX = "NVIDIA_REQUIRE_";
    private static final Pattern CONDITION = Pattern.compile("([a-z]+)(!=|>=|<=|=|<|>)([A-Za-z0-9._-]+)");

    /** What a condition says of this host. */
    private enum Verdict {
        HOLDS,
        FAILS,
        UNKNOWN
    }

    private final Map<String, String> image;
    private final String driver;
    private final Optional<String> cuda;
    private final List<String> models;

    /** @param cuda the newest version that will run, with the image's compatibility libraries if they are used */
    NvidiaRequirements(Map<String, String> image, String driver, Optional<String> cuda, List<String> models) {
        this.image = new TreeMap<>(image);
        this.driver = driver;
        this.cuda = cuda;
        this.models = List.copyOf(models);
    }

    /**
     * @return what could not be judged, for a note
     * @throws HostUnsupportedException when no alternative of a variable can hold
     */
    List<String> check() throws HostUnsupportedException, UsageException {
        List<String> unknown = new ArrayList<>();
        if (isTrue(image.getOrDefault(SWITCH, ""))) {
            return unknown;
        }
        for (Map.Entry<String, String> variable : image.entrySet()) {
            if (variable.getKey().startsWith(PREFIX) && !variable.getValue().isBlank()) {
                check(variable.getKey(), variable.getValue(), unknown);
            }
        }
        return unknown;
    }

    private static boolean isTrue(String value) {
        return List.of("1", "true", "yes", "on").contains(value.toLowerCase(Locale.ROOT));
    }

    private void check(String name, String value, List<String> unknown)
            throws HostUnsupportedException, UsageException {
        Verdict best = Verdict.FAILS;
        for (String alternative : value.strip().split("\\s+", -1)) {
            Verdict verdict = Verdict.HOLDS;
            for (String condition : alternative.split(",", -1)) {
                Verdict one = judge(name, condition);
                verdict = one == Verdict.FAILS || verdict == Verdict.FAILS
                        ? Verdict.FAILS
                        : one == Verdict.UNKNOWN ? Verdict.UNKNOWN : verdict;
            }
            if (verdict.compareTo(best) < 0 || (verdict == Verdict.UNKNOWN && best == Verdict.FAILS)) {
                best = verdict;
            }
        }
        if (best == Verdict.FAILS) {
            throw new HostUnsupportedException(
                    Failure.of("run the image with this GPU driver", "the image's " + name + " is not met")
                            .comparing(
                                    value,
                                    "driver " + driver
                                            + cuda.map(text -> ", cuda " + text).orElse("")
                                            + (models.isEmpty() ? "" : ", " + String.join(", ", models)))
                            .hint("use an image for CUDA " + cuda.orElse("of this driver")
                                    + " or older; -e NVIDIA_DISABLE_REQUIRE=1 tries it all the same"));
        } else if (best == Verdict.UNKNOWN) {
            unknown.add(name + "=" + value);
        }
    }

    private Verdict judge(String name, String condition) throws UsageException {
        Matcher match = CONDITION.matcher(condition);
        if (!match.matches()) {
            throw new UsageException(Failure.of("read the image's " + name, "it is no condition: " + condition)
                    .hint("-e NVIDIA_DISABLE_REQUIRE=1 starts the image without looking at it"));
        }
        String operator = match.group(2);
        String wanted = match.group(3);
        return switch (match.group(1)) {
            case "cuda" ->
                cuda.map(version -> compare(version, operator, wanted)).orElse(Verdict.UNKNOWN);
            case "driver" -> compare(prefixFor(operator, driver, wanted), operator, wanted);
            case "brand" -> brand(operator, wanted);
            default -> Verdict.UNKNOWN;
        };
    }

    /** "driver=535" means the branch. */
    private static String prefixFor(String operator, String version, String wanted) {
        boolean equality = operator.equals("=") || operator.equals("!=");
        return equality && version.startsWith(wanted + ".") ? wanted : version;
    }

    private static Verdict compare(String found, String operator, String wanted) {
        int order = DriverVersion.compare(found, wanted);
        return verdict(
                switch (operator) {
                    case "=" -> order == 0;
                    case "!=" -> order != 0;
                    case ">=" -> order >= 0;
                    case "<=" -> order <= 0;
                    case "<" -> order < 0;
                    default -> order > 0;
                });
    }

    private static Verdict verdict(boolean holds) {
        return holds ? Verdict.HOLDS : Verdict.FAILS;
    }

    /** Only a driver's library knows the brand; the model's name tells most. */
    private Verdict brand(String operator, String wanted) {
        Optional<List<String>> brands = models.stream().findFirst().map(NvidiaRequirements::brandsOf);
        if (brands.isEmpty()) {
            return Verdict.UNKNOWN;
        }
        boolean equal = brands.get().contains(wanted.toLowerCase(Locale.ROOT));
        return verdict(operator.equals("!=") ? !equal : equal);
    }

    private static List<String> brandsOf(String model) {
        if (model.contains("GeForce")) {
            return model.contains("RTX") ? List.of("geforcertx", "geforce") : List.of("geforce");
        } else if (model.contains("TITAN")) {
            return model.contains("RTX") ? List.of("titanrtx", "titan") : List.of("titan");
        } else if (model.contains("Quadro")) {
            return model.contains("RTX") ? List.of("quadrortx", "quadro") : List.of("quadro");
        } else if (model.contains("RTX")) {
            return List.of("nvidiartx", "nvidia", "quadrortx");
        }
        return List.of("tesla", "nvidia");
    }
}
