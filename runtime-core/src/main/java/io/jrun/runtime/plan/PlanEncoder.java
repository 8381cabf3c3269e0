package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Lowers a plan to the file that the native starter runs. The same plan, machine and build give the same bytes.
 *
 * <p>A plan that the starter could not run, such as one whose last step is not {@link PlanStep.Execute}, is an
 * {@link IllegalArgumentException}: the planner's fault, not the user's.
 */
public final class PlanEncoder {

    private static final int CHECK_SIZE = 56;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFREG = 0100000;
    private static final int R_OK = 4;
    private static final int W_OK = 2;

    private PlanEncoder() {}

    /** @param build of the starter that is to run it; every other one refuses the plan */
    public static byte[] encode(Plan plan, Machine machine, int build) {
        TapeAssembler tape = new TapeAssembler();
        tape.prefix(plan.prefix());
        for (PlanInput input : plan.inputs()) {
            tape.check(check(input, tape));
        }
        new StepLowering(plan.steps(), tape, machine).lowerAll();
        return tape.toBytes(machine, build);
    }

    private static byte[] check(PlanInput input, TapeAssembler tape) {
        if (input instanceof PlanInput.File file) {
            return fileCheck(file, tape);
        } else if (input instanceof PlanInput.Presence presence) {
            int type = presence.kind() == PlannedStart.PointKind.DIRECTORY ? S_IFDIR : S_IFREG;
            return check(PlanFormat.CHECK_TYPE, tape.text(presence.path()))
                    .putInt(12, type)
                    .array();
        } else if (input instanceof PlanInput.Variable variable) {
            return variableCheck(variable, tape);
        } else if (input instanceof PlanInput.VariableBelow below) {
            int name = tape.text(below.name());
            int directory = tape.text(below.directory());
            return check(PlanFormat.CHECK_BELOW, name).putInt(8, directory).array();
        } else if (input instanceof PlanInput.Credentials credentials) {
            return credentialsCheck(credentials, tape);
        } else if (input instanceof PlanInput.WorkingDirectory directory) {
            return check(PlanFormat.CHECK_DIRECTORY, tape.text(directory.path()))
                    .array();
        } else if (input instanceof PlanInput.KernelRelease kernel) {
            return check(PlanFormat.CHECK_KERNEL, tape.text(kernel.release())).array();
        }
        return deviceCheck(input, tape);
    }

    private static byte[] deviceCheck(PlanInput input, TapeAssembler tape) {
        if (input instanceof PlanInput.VariableSet variable) {
            return check(PlanFormat.CHECK_SET, tape.text(variable.name())).array();
        } else if (input instanceof PlanInput.Content content) {
            int path = tape.text(content.path());
            int text = tape.text(content.content());
            return check(PlanFormat.CHECK_CONTENT, path).putInt(8, text).array();
        } else if (input instanceof PlanInput.Names names) {
            return check(PlanFormat.CHECK_NAMES, tape.text(names.directory()))
                    .putLong(32, sum(names.names()))
                    .array();
        } else if (input instanceof PlanInput.Access access) {
            return accessCheck(access, tape);
        }
        throw new IllegalArgumentException("no check is known for " + input);
    }

    private static byte[] accessCheck(PlanInput.Access access, TapeAssembler tape) {
        ByteArrayOutputStream paths = new ByteArrayOutputStream();
        for (ByteString path : access.paths()) {
            paths.writeBytes(path.toBytes());
            paths.write(0);
        }
        int mode = access.writing() ? R_OK | W_OK : R_OK;
        return check(PlanFormat.CHECK_ACCESS, tape.structureOffset(paths.toByteArray()))
                .putInt(8, access.paths().size())
                .putInt(12, mode)
                .putLong(40, access.granted() ? 1 : 0)
                .array();
    }

    /** As the starter adds up what it finds. Source: draft-eastlake-fnv. */
    private static long sum(List<ByteString> names) {
        long sum = 0;
        for (ByteString name : names) {
            long hash = 0xcbf29ce484222325L;
            for (int i = 0; i < name.length(); i++) {
                hash = (hash ^ (name.byteAt(i) & 0xff)) * 0x100000001b3L;
            }
            sum += hash;
        }
        return sum;
    }

    private static byte[] fileCheck(PlanInput.File file, TapeAssembler tape) {
        int path = tape.text(file.path());
        if (file.identity().isEmpty()) {
            return check(PlanFormat.CHECK_NO_FILE, path).array();
        }
        PlanInput.FileIdentity identity = file.identity().get();
        long device = identity.device();
        return check(PlanFormat.CHECK_FILE, path)
                .putInt(12, identity.mode())
                .putInt(16, major(device))
                .putInt(20, minor(device))
                .putInt(24, identity.mtimeNanos())
                .putLong(32, identity.inode())
                .putLong(40, identity.sizeInBytes())
                .putLong(48, identity.mtimeSeconds())
                .array();
    }

    private static byte[] variableCheck(PlanInput.Variable variable, TapeAssembler tape) {
        int name = tape.text(variable.name());
        if (variable.value().isEmpty()) {
            return check(PlanFormat.CHECK_NO_VARIABLE, name).array();
        }
        int value = tape.text(variable.value().get());
        return check(PlanFormat.CHECK_VARIABLE, name).putInt(8, value).array();
    }

    private static byte[] credentialsCheck(PlanInput.Credentials credentials, TapeAssembler tape) {
        int[] groups = new int[credentials.groups().size()];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = credentials.groups().get(i).intValue();
        }
        return check(PlanFormat.CHECK_CREDENTIALS, tape.structureOffset(LittleEndian.ints(groups)))
                .putInt(8, groups.length)
                .putLong(32, credentials.uid())
                .putLong(40, credentials.gid())
                .array();
    }

    private static ByteBuffer check(int kind, int text) {
        return LittleEndian.buffer(CHECK_SIZE).putInt(0, kind).putInt(4, text);
    }

    /** As {@code st_dev} of stat(2) packs it; statx(2) answers the halves. Source: makedev(3). */
    static int major(long device) {
        return (int) ((device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL));
    }

    static int minor(long device) {
        return (int) ((device & 0xff) | (device >>> 12 & ~0xffL));
    }

    /** "NAME=value". */
    static ByteString variable(ByteString name, ByteString value) {
        if (name.isEmpty() || name.indexOf('=', 0) >= 0) {
            throw new IllegalArgumentException("no name of a variable: " + name);
        }
        return name.plus(ByteString.of("=")).plus(value);
    }

    /** A path as an option of overlay, which takes "\", ":" and "," literally only behind a "\". */
    static ByteString escapedForOverlay(ByteString path) {
        byte[] from = path.toBytes();
        byte[] to = new byte[from.length * 2];
        int size = 0;
        for (byte b : from) {
            if (b == '\\' || b == ':' || b == ',') {
                to[size++] = '\\';
            }
            to[size++] = b;
        }
        return ByteString.of(Arrays.copyOf(to, size));
    }
}
