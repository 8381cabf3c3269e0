package io.jrun.runtime.plan;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A filter for system calls as the runtime-spec writes it, with the conditions that Docker's and Podman's profiles add
 * ({@code includes}, {@code excludes}).
 *
 * <p>For one call the first rule whose arguments fit counts, then its rule without arguments, then the default. Calls of
 * another ABI (32-bit programs, x32) get the default where that is a refusal, else ENOSYS: their numbers mean other
 * calls, so no rule could be held against them. Names that this machine does not have are left out.
 *
 * <p>Source: OCI runtime-spec 1.2, config-linux.md, "Seccomp"; seccomp(2).
 */
record SeccompProfile(int defaultAction, int flags, List<Rule> rules) {

    static final int MAX_BYTES = 4 << 20;

    static final int ALLOW = 0x7fff0000;
    private static final int LOG = 0x7ffc0000;
    private static final int ERRNO = 0x00050000;
    private static final int TRAP = 0x00030000;
    private static final int KILL_THREAD = 0;
    private static final int KILL_PROCESS = 0x80000000;

    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int MAX_ERRNO = 4095;
    private static final int X32_BIT = 0x40000000;

    private static final int OFFSET_NUMBER = 0; // of struct seccomp_data
    private static final int OFFSET_ARCHITECTURE = 4;
    private static final int OFFSET_ARGUMENTS = 16; // the low half comes first
    private static final int ARGUMENTS = 6;

    /** One entry of "syscalls". */
    record Rule(List<String> names, int action, List<Condition> conditions, JsonValue includes, JsonValue excludes) {
        Rule {
            names = List.copyOf(names);
            conditions = List.copyOf(conditions);
        }
    }

    /** @param second the value to compare with for SCMP_CMP_MASKED_EQ, of which {@code value} is the mask */
    record Condition(int argument, String operator, long value, long second) {}

    SeccompProfile {
        rules = List.copyOf(rules);
    }

    static SeccompProfile parse(byte[] document, String what) throws CorruptDataException, UsageException {
        JsonValue root = Json.parse(document, what);
        if (!(root instanceof JsonObject)) {
            throw malformed(what, "it is no object");
        }
        int defaultAction = action(root, "defaultAction", "defaultErrnoRet", what);
        List<Rule> rules = new ArrayList<>();
        for (JsonValue entry : root.array("syscalls")) {
            rules.add(rule(entry, what));
        }
        return new SeccompProfile(defaultAction, flags(root.strings("flags"), what), rules);
    }

    private static Rule rule(JsonValue entry, String what) throws CorruptDataException, UsageException {
        List<String> names = new ArrayList<>(entry.strings("names"));
        if (entry.string("name").isPresent()) {
            names.add(entry.string("name").get());
        }
        if (names.isEmpty()) {
            throw malformed(what, "an entry of \"syscalls\" has no \"names\"");
        }
        List<Condition> conditions = new ArrayList<>();
        for (JsonValue argument : entry.array("args")) {
            conditions.add(condition(argument, what));
        }
        JsonValue none = new JsonValue.JsonNull();
        return new Rule(
                names,
                action(entry, "action", "errnoRet", what),
                conditions,
                entry.member("includes").orElse(none),
                entry.member("excludes").orElse(none));
    }

    private static Condition condition(JsonValue argument, String what) throws CorruptDataException {
        OptionalLong index = argument.integer("index");
        if (index.isEmpty() || index.getAsLong() < 0 || index.getAsLong() >= ARGUMENTS) {
            throw malformed(what, "an \"index\" is none of 0 to 5");
        }
        String operator = argument.string("op").orElse("");
        if (!List.of(
                        "SCMP_CMP_NE",
                        "SCMP_CMP_LT",
                        "SCMP_CMP_LE",
                        "SCMP_CMP_EQ",
                        "SCMP_CMP_GE",
                        "SCMP_CMP_GT",
                        "SCMP_CMP_MASKED_EQ")
                .contains(operator)) {
            throw malformed(what, "\"" + operator + "\" is no \"op\"");
        }
        return new Condition(
                (int) index.getAsLong(),
                operator,
                unsigned(argument, "value", what),
                unsigned(argument, "valueTwo", what));
    }

    /** 64 bits; 0 when absent. */
    private static long unsigned(JsonValue object, String name, String what) throws CorruptDataException {
        Optional<JsonValue> value = object.member(name);
        if (value.isEmpty()) {
            return 0;
        }
        if (value.get() instanceof JsonValue.JsonNumber number
                && number.value().signum() >= 0
                && number.value().stripTrailingZeros().scale() <= 0
                && number.value().toBigInteger().bitLength() <= 64) {
            return number.value().toBigInteger().longValue();
        }
        throw malformed(what, "\"" + name + "\" is no number of 64 bits");
    }

    private static int action(JsonValue object, String member, String errnoMember, String what)
            throws CorruptDataException, UsageException {
        String name = object.string(member).orElse("");
        OptionalLong errno = object.integer(errnoMember);
        if (errno.isPresent() && (errno.getAsLong() < 0 || errno.getAsLong() > MAX_ERRNO)) {
            throw malformed(what, "\"" + errnoMember + "\" is no errno");
        }
        return switch (name) {
            case "SCMP_ACT_ALLOW" -> ALLOW;
            case "SCMP_ACT_LOG" -> LOG;
            case "SCMP_ACT_ERRNO" -> ERRNO | (int) errno.orElse(EPERM);
            case "SCMP_ACT_TRAP" -> TRAP;
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> KILL_THREAD;
            case "SCMP_ACT_KILL_PROCESS" -> KILL_PROCESS;
            case "SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY" ->
                throw new UsageException(Failure.of(
                                "use the seccomp profile " + what,
                                name + " needs a second process, and none lives beside a container (ENOTSUP)")
                        .hint("let those calls answer SCMP_ACT_ERRNO"));
            default -> throw malformed(what, "\"" + name + "\" is no \"" + member + "\"");
        };
    }

    /** Source: linux/seccomp.h. TSYNC asks for what holds: there is one thread. */
    private static int flags(List<String> names, String what) throws CorruptDataException {
        int flags = 0;
        for (String name : names) {
            flags |= switch (name) {
                case "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" -> 0;
                case "SECCOMP_FILTER_FLAG_LOG" -> 2;
                case "SECCOMP_FILTER_FLAG_SPEC_ALLOW" -> 4;
                default -> throw malformed(what, "\"" + name + "\" is none of its \"flags\"");
            };
        }
        return flags;
    }

    /** @param root whether the payload keeps the capabilities of its user namespace */
    List<Long> program(Machine machine, boolean root) throws UsageException {
        SystemCallTable table = SystemCallTable.of(machine);
        TreeMap<Integer, List<Rule>> byNumber = new TreeMap<>();
        for (Rule rule : rules) {
            if (!applies(rule, machine, root)) {
                continue;
            }
            for (String name : rule.names()) {
                OptionalInt number = table.number(name);
                if (number.isPresent()) {
                    byNumber.computeIfAbsent(number.getAsInt(), none -> new ArrayList<>())
                            .add(rule);
                }
            }
        }
        FilterAssembler filter = new FilterAssembler();
        begin(filter, machine);
        byNumber.forEach((number, list) -> addCall(filter, number, list));
        filter.answer(defaultAction);
        if (filter.program().size() > FilterAssembler.INSTRUCTIONS_MAX) {
            throw new UsageException(Failure.of("use the seccomp profile", "it is too long for the kernel (E2BIG)")
                    .comparing(
                            FilterAssembler.INSTRUCTIONS_MAX + " instructions",
                            filter.program().size())
                    .hint("join rules of the same call"));
        }
        return filter.program();
    }

    /** Source: Docker's profile format, profiles/seccomp/seccomp.go. */
    private static boolean applies(Rule rule, Machine machine, boolean root) {
        String architecture = machine == Machine.X86_64 ? "amd64" : "arm64";
        List<String> only = rule.includes().strings("arches");
        boolean included = only.isEmpty() || only.contains(architecture);
        boolean excluded = rule.excludes().strings("arches").contains(architecture);
        boolean needsCapabilities = !rule.includes().strings("caps").isEmpty();
        boolean forbidsCapabilities = !rule.excludes().strings("caps").isEmpty();
        return included && !excluded && (root ? !forbidsCapabilities : !needsCapabilities);
    }

    private void begin(FilterAssembler filter, Machine machine) {
        boolean refusing = defaultAction != ALLOW && defaultAction != LOG;
        int foreign = refusing ? defaultAction : ERRNO | ENOSYS;
        filter.load(OFFSET_ARCHITECTURE);
        filter.compare(FilterAssembler.EQUAL, machine.auditArchitecture(), 1, 0);
        filter.answer(foreign);
        filter.load(OFFSET_NUMBER);
        if (machine == Machine.X86_64) {
            filter.compare(FilterAssembler.AT_LEAST, X32_BIT, 0, 1);
            filter.answer(foreign);
        }
    }

    private void addCall(FilterAssembler filter, int number, List<Rule> list) {
        filter.compare(FilterAssembler.EQUAL, number, 1, 0);
        int next = filter.jump();
        int otherwise = defaultAction;
        for (Rule rule : list) {
            if (rule.conditions().isEmpty()) {
                otherwise = rule.action();
                continue;
            }
            filter.beginRule();
            for (Condition condition : rule.conditions()) {
                addCondition(filter, condition);
            }
            filter.answer(rule.action());
            filter.endRule();
        }
        filter.answer(otherwise);
        filter.land(next);
    }

    /** Goes on behind itself when the condition holds, and to the end of the rule when not. */
    private static void addCondition(FilterAssembler filter, Condition condition) {
        int low = OFFSET_ARGUMENTS + 8 * condition.argument();
        int valueLow = (int) condition.value();
        int valueHigh = (int) (condition.value() >>> 32);
        filter.load(low + 4);
        switch (condition.operator()) {
            case "SCMP_CMP_EQ" -> {
                filter.compare(FilterAssembler.EQUAL, valueHigh, 0, FilterAssembler.NO);
                filter.load(low);
                filter.compare(FilterAssembler.EQUAL, valueLow, 0, FilterAssembler.NO);
            }
            case "SCMP_CMP_NE" -> {
                filter.compare(FilterAssembler.EQUAL, valueHigh, 0, 2);
                filter.load(low);
                filter.compare(FilterAssembler.EQUAL, valueLow, FilterAssembler.NO, 0);
            }
            case "SCMP_CMP_GT", "SCMP_CMP_GE" -> {
                boolean equal = condition.operator().equals("SCMP_CMP_GE");
                filter.compare(FilterAssembler.GREATER, valueHigh, 3, 0);
                filter.compare(FilterAssembler.EQUAL, valueHigh, 0, FilterAssembler.NO);
                filter.load(low);
                filter.compare(
                        equal ? FilterAssembler.AT_LEAST : FilterAssembler.GREATER, valueLow, 0, FilterAssembler.NO);
            }
            case "SCMP_CMP_LT", "SCMP_CMP_LE" -> {
                boolean equal = condition.operator().equals("SCMP_CMP_LE");
                filter.compare(FilterAssembler.GREATER, valueHigh, FilterAssembler.NO, 0);
                filter.compare(FilterAssembler.EQUAL, valueHigh, 0, 2);
                filter.load(low);
                filter.compare(
                        equal ? FilterAssembler.GREATER : FilterAssembler.AT_LEAST, valueLow, FilterAssembler.NO, 0);
            }
            default -> {
                filter.and(valueHigh);
                filter.compare(FilterAssembler.EQUAL, (int) (condition.second() >>> 32), 0, FilterAssembler.NO);
                filter.load(low);
                filter.and(valueLow);
                filter.compare(FilterAssembler.EQUAL, (int) condition.second(), 0, FilterAssembler.NO);
            }
        }
    }

    private static CorruptDataException malformed(String what, String why) {
        return new CorruptDataException(Failure.of("use the seccomp profile " + what, why)
                .hint("the format is that of \"seccomp\" in the OCI runtime-spec"));
    }
}
