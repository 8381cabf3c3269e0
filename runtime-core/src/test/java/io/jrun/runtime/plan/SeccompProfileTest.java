package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.UsageException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compiled filters, run by a machine of our own for the few instructions they use; the kernel judges them elsewhere. */
class SeccompProfileTest {

    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050000;
    private static final int OTHER_ABI = 0x40000003; // AUDIT_ARCH_I386
    private static final int GETPID = 39;
    private static final int PERSONALITY = 135;
    private static final int CHMOD = 90;

    private static SeccompProfile parse(String json) throws CorruptDataException, UsageException {
        return SeccompProfile.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "profile");
    }

    /** What the filter answers to a call on x86-64. */
    private static int answer(SeccompProfile profile, int number, long... arguments) throws UsageException {
        return answer(profile.program(Machine.X86_64, false), Machine.X86_64.auditArchitecture(), number, arguments);
    }

    private static int answer(List<Long> program, int architecture, int number, long... arguments) {
        int accumulator = 0;
        for (int at = 0; ; at++) {
            long instruction = program.get(at);
            int code = (int) (instruction & 0xffff);
            int yes = (int) (instruction >>> 16 & 0xff);
            int no = (int) (instruction >>> 24 & 0xff);
            int value = (int) (instruction >>> 32);
            switch (code) {
                case 0x20 -> accumulator = word(value, architecture, number, arguments);
                case 0x54 -> accumulator &= value;
                case 0x05 -> at += value;
                case 0x06 -> {
                    return value;
                }
                case 0x15 -> at += accumulator == value ? yes : no;
                case 0x25 -> at += Integer.compareUnsigned(accumulator, value) > 0 ? yes : no;
                case 0x35 -> at += Integer.compareUnsigned(accumulator, value) >= 0 ? yes : no;
                default -> throw new AssertionError("no instruction: " + code);
            }
        }
    }

    /** Of struct seccomp_data. */
    private static int word(int offset, int architecture, int number, long[] arguments) {
        if (offset < 8) {
            return offset == 0 ? number : architecture;
        }
        int argument = (offset - 16) / 8;
        long value = argument < arguments.length ? arguments[argument] : 0;
        return (int) (offset % 8 == 0 ? value : value >>> 32);
    }

    @Test
    void namedCallsGetTheirActionAndOthersTheDefault() throws Exception {
        SeccompProfile profile = parse("{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,"
                + "'syscalls':[{'names':['getpid','no_such_call'],'action':'SCMP_ACT_ALLOW'}]}");

        assertEquals(ALLOW, answer(profile, GETPID));
        assertEquals(ERRNO | 38, answer(profile, CHMOD));
    }

    @ParameterizedTest
    @CsvSource({
        "SCMP_CMP_EQ, 4294967301, 4294967301, 4294967300",
        "SCMP_CMP_NE, 5, 4294967301, 5",
        "SCMP_CMP_GT, 4294967296, 8589934592, 4294967296",
        "SCMP_CMP_GT, 7, 8, 7",
        "SCMP_CMP_GE, 7, 7, 6",
        "SCMP_CMP_GE, 4294967296, 4294967297, 4294967295",
        "SCMP_CMP_LT, 4294967296, 4294967295, 4294967296",
        "SCMP_CMP_LT, 7, 6, 7",
        "SCMP_CMP_LE, 7, 7, 8",
        "SCMP_CMP_LE, 4294967303, 4294967303, 8589934599"
    })
    void argumentsAreComparedInAll64Bits(String operator, long value, long fits, long fitsNot) throws Exception {
        SeccompProfile profile = parse("{'defaultAction':'SCMP_ACT_KILL_PROCESS','syscalls':[{'names':['personality'],"
                + "'action':'SCMP_ACT_ALLOW','args':[{'index':1,'value':" + value + ",'op':'" + operator + "'}]}]}");

        assertEquals(ALLOW, answer(profile, PERSONALITY, 0, fits));
        assertEquals(0x80000000, answer(profile, PERSONALITY, 0, fitsNot));
    }

    @Test
    void masksAreAppliedBeforeComparing() throws Exception {
        SeccompProfile profile = parse("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['chmod'],'action':"
                + "'SCMP_ACT_ERRNO','args':[{'index':1,'value':2048,'valueTwo':2048,'op':'SCMP_CMP_MASKED_EQ'}]}]}");

        assertEquals(ERRNO | 1, answer(profile, CHMOD, 0, 04755));
        assertEquals(ALLOW, answer(profile, CHMOD, 0, 0755));
    }

    @Test
    void theFirstRuleWhoseArgumentsAllFitCounts() throws Exception {
        SeccompProfile profile = parse("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                + "{'names':['personality'],'action':'SCMP_ACT_LOG'},"
                + "{'names':['personality'],'action':'SCMP_ACT_ALLOW','args':["
                + "{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':1,'value':2,'op':'SCMP_CMP_EQ'}]},"
                + "{'names':['personality'],'action':'SCMP_ACT_TRAP','args':["
                + "{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]}]}");

        assertEquals(ALLOW, answer(profile, PERSONALITY, 1, 2));
        assertEquals(0x00030000, answer(profile, PERSONALITY, 1, 3));
        assertEquals(0x7ffc0000, answer(profile, PERSONALITY, 2, 2));
    }

    @Test
    void callsOfAnotherAbiNeverPassARefusal() throws Exception {
        SeccompProfile closed = parse("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[]}");
        SeccompProfile open = parse("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[]}");

        assertEquals(ERRNO | 1, answer(closed.program(Machine.X86_64, false), OTHER_ABI, GETPID));
        assertEquals(ERRNO | 38, answer(open.program(Machine.X86_64, false), OTHER_ABI, GETPID));
        assertEquals(ERRNO | 38, answer(open, GETPID | 0x40000000));
    }

    @Test
    void dockersConditionsAreHeeded() throws Exception {
        SeccompProfile profile = parse("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                + "{'names':['chmod'],'action':'SCMP_ACT_ALLOW','includes':{'caps':['CAP_SYS_ADMIN']}},"
                + "{'names':['getpid'],'action':'SCMP_ACT_ALLOW','includes':{'arches':['amd64']}},"
                + "{'names':['personality'],'action':'SCMP_ACT_ALLOW','excludes':{'arches':['amd64']}}]}");
        List<Long> asRoot = profile.program(Machine.X86_64, true);

        assertEquals(ERRNO | 1, answer(profile, CHMOD));
        assertEquals(ALLOW, answer(asRoot, Machine.X86_64.auditArchitecture(), CHMOD));
        assertEquals(ALLOW, answer(profile, GETPID));
        assertEquals(ERRNO | 1, answer(profile, PERSONALITY));
    }

    @Test
    void eachMachineHasItsNumbers() throws Exception {
        SeccompProfile profile =
                parse("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['getpid'],'action':'SCMP_ACT_ALLOW'}]}");
        int architecture = Machine.AARCH64.auditArchitecture();

        assertEquals(ALLOW, answer(profile.program(Machine.AARCH64, false), architecture, 172));
        assertEquals(ERRNO | 1, answer(profile.program(Machine.AARCH64, false), architecture, GETPID));
    }

    @Test
    void flagsAreTheKernels() throws Exception {
        assertEquals(
                6,
                parse("{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_LOG',"
                                + "'SECCOMP_FILTER_FLAG_SPEC_ALLOW','SECCOMP_FILTER_FLAG_TSYNC']}")
                        .flags());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{'defaultAction':'ALLOW'}",
                "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':5000}",
                "{'defaultAction':'SCMP_ACT_ALLOW','flags':['FAST']}",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'action':'SCMP_ACT_LOG'}]}",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['x'],'action':'SCMP_ACT_LOG','args':[{}]}]}",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['x'],'action':'SCMP_ACT_LOG','args':"
                        + "[{'index':6,'op':'SCMP_CMP_EQ'}]}]}",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['x'],'action':'SCMP_ACT_LOG','args':"
                        + "[{'index':0,'op':'SCMP_CMP_EQ','value':-1}]}]}",
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['x'],'action':'SCMP_ACT_LOG','args':"
                        + "[{'index':0,'op':'SCMP_CMP_EQ','value':18446744073709551616}]}]}"
            })
    void whatIsNoProfileIsCorrupt(String json) {
        assertThrows(CorruptDataException.class, () -> parse(json));
    }

    @Test
    void whatNeedsASecondProcessIsRefused() {
        UsageException e = assertThrows(UsageException.class, () -> parse("{'defaultAction':'SCMP_ACT_NOTIFY'}"));

        assertTrue(e.getMessage().contains("SCMP_ACT_NOTIFY"), e.getMessage());
    }
}
