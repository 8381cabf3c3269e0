package io.jrun.image.blob;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The process that writes a file which others may find, in a form for file names: {@code SCOPE-PID-STARTTIME}. The scope stands for
 * one boot of one machine and one PID namespace, within which PID and start time name a process for ever; other scopes,
 * as on a shared file system, can only be judged by age. Source: proc(5), {@code /proc/PID/stat} field 22,
 * {@code /proc/sys/kernel/random/boot_id}; pid_namespaces(7).
 */
public record Owner(String scope, long pid, long startTime) {

    /** Has let go of its file, which anyone may take over. */
    static final Owner NOBODY = new Owner("0", 0, 0);

    private static final Pattern FORM = Pattern.compile("([0-9a-z]{1,40})-([0-9]{1,10})-([0-9]{1,18})");

    public static Optional<Owner> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? Optional.of(
                        new Owner(matcher.group(1), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3))))
                : Optional.empty();
    }

    public static Owner thisProcess() {
        return ThisProcess.OWNER;
    }

    private static Owner readThisProcess() {
        long pid = ProcessHandle.current().pid();
        return new Owner(thisScope(), pid, startTimeOf(pid).orElse(0L));
    }

    private static String thisScope() {
        try {
            String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"), StandardCharsets.US_ASCII);
            String namespace =
                    Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
            return boot.replaceAll("[^0-9a-f]", "").substring(0, 16) + namespace.replaceAll("[^0-9]", "");
        } catch (IOException | IndexOutOfBoundsException noProc) {
            // Without /proc nobody can tell whether we live, so that only age decides: a scope that no one shares.
            return "x" + Long.toString(System.nanoTime() & Long.MAX_VALUE, 36);
        }
    }

    private static Optional<Long> startTimeOf(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            // The command name, field 2, may hold spaces and brackets; the last bracket ends it.
            String[] fieldsFromThird = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Optional.of(Long.parseLong(fieldsFromThird[19]));
        } catch (IOException | RuntimeException gone) {
            return Optional.empty();
        }
    }

    /** Whether the process is known to have ended; false when it lives, and also when one cannot tell. */
    public boolean isKnownDead() {
        return isKnownDeadTo(ThisProcess.OWNER);
    }

    /** The same as {@code observer} knows it: of other scopes nothing is known. */
    public boolean isKnownDeadTo(Owner observer) {
        if (equals(NOBODY)) {
            return true;
        }
        if (!scope.equals(observer.scope)) {
            return false;
        }
        Optional<Long> found = startTimeOf(pid);
        return found.isPresent() ? found.get() != startTime : processesAreVisible();
    }

    /** With the mount option hidepid the processes of other users do not show at all. Source: proc(5). */
    private static boolean processesAreVisible() {
        return Files.isReadable(Path.of("/proc/1/stat"));
    }

    @Override
    public String toString() {
        return scope + '-' + pid + '-' + startTime;
    }

    /** Read from /proc once. */
    private static final class ThisProcess {
        static final Owner OWNER = readThisProcess();

        private ThisProcess() {}
    }
}
