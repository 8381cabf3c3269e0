package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Lowers a plan to the file that the native starter runs. The same plan and machine give the same bytes.
 *
 * <p>A plan that the starter could not run, such as one whose last step is not {@link PlanStep.Execute}, is an
 * {@link IllegalArgumentException}: the planner's fault, not the user's.
 */
public final class PlanEncoder {

    private static final int CHECK_SIZE = 56;

    private PlanEncoder() {}

    public static byte[] encode(Plan plan, Machine machine) {
        TapeAssembler tape = new TapeAssembler();
        tape.prefix(plan.prefix());
        plan.inputs().forEach(input -> tape.check(check(input, tape)));
        new StepLowering(plan.steps(), tape, machine).lowerAll();
        return tape.toBytes(machine);
    }

    private static byte[] check(PlanInput input, TapeAssembler tape) {
        if (input instanceof PlanInput.File file) {
            return fileCheck(file, tape);
        } else if (input instanceof PlanInput.Variable variable) {
            return variableCheck(variable, tape);
        } else if (input instanceof PlanInput.Credentials credentials) {
            return credentialsCheck(credentials, tape);
        } else if (input instanceof PlanInput.WorkingDirectory directory) {
            return check(PlanFormat.CHECK_DIRECTORY, tape.text(directory.path()), to -> {});
        } else if (input instanceof PlanInput.KernelRelease kernel) {
            return check(PlanFormat.CHECK_KERNEL, tape.text(kernel.release()), to -> {});
        }
        throw new IllegalArgumentException("no check is known for " + input);
    }

    private static byte[] fileCheck(PlanInput.File file, TapeAssembler tape) {
        int path = tape.text(file.path());
        if (file.identity().isEmpty()) {
            return check(PlanFormat.CHECK_NO_FILE, path, to -> {});
        }
        PlanInput.FileIdentity identity = file.identity().get();
        long device = identity.device();
        return check(PlanFormat.CHECK_FILE, path, to -> to.putInt(12, identity.mode())
                .putInt(16, major(device))
                .putInt(20, minor(device))
                .putInt(24, identity.mtimeNanos())
                .putLong(32, identity.inode())
                .putLong(40, identity.sizeInBytes())
                .putLong(48, identity.mtimeSeconds()));
    }

    private static byte[] variableCheck(PlanInput.Variable variable, TapeAssembler tape) {
        int name = tape.text(variable.name());
        if (variable.value().isEmpty()) {
            return check(PlanFormat.CHECK_NO_VARIABLE, name, to -> {});
        }
        int value = tape.text(variable.value().get());
        return check(PlanFormat.CHECK_VARIABLE, name, to -> to.putInt(8, value));
    }

    private static byte[] credentialsCheck(PlanInput.Credentials credentials, TapeAssembler tape) {
        byte[] groups = LittleEndian.ints(
                credentials.groups().stream().map(Long::intValue).toList());
        return check(PlanFormat.CHECK_CREDENTIALS, tape.structureOffset(groups), to -> to.putInt(
                        8, credentials.groups().size())
                .putLong(32, credentials.uid())
                .putLong(40, credentials.gid()));
    }

    private static byte[] check(int kind, int text, Consumer<ByteBuffer> more) {
        return LittleEndian.bytes(CHECK_SIZE, to -> {
            to.putInt(0, kind).putInt(4, text);
            more.accept(to);
        });
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
