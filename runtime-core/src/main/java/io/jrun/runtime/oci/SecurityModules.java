package io.jrun.runtime.oci;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.LifecycleStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Labels of a bundle for the security modules of this kernel. A label of a module that runs is set, or the container is not
 * made. One of a module that does not run has no object and takes nothing away: it is told, and the container goes on, as
 * with other runtimes.
 *
 * <p>Source: Linux, Documentation/security/lsm.rst; proc_pid_attr(5).
 *
 * @param selinux whether it runs
 * @param profileFile takes the name of the profile for the next execve(2); empty where AppArmor does not run
 */
record SecurityModules(boolean selinux, Optional<String> profileFile) {

    private static final int MAX_BYTES = 1 << 16;
    private static final String SHARED = "/proc/self/attr/exec";

    /** Its own since Linux 5.8; the other one belongs to the first module that has labels. */
    private static final String APPARMOR = "/proc/self/attr/apparmor/exec";

    /** Those that the kernel lets a user namespace label as a whole. Source: Linux, security/selinux/hooks.c. */
    private static final Set<String> LABELLED = Set.of("tmpfs", "ramfs", "devpts", "overlay");

    static SecurityModules read(HostFiles files) throws JrunException {
        boolean selinux = content(files, "/proc/filesystems").contains("selinuxfs");
        boolean apparmor =
                content(files, "/sys/module/apparmor/parameters/enabled").startsWith("Y");
        boolean own = files.stat(ByteString.of(APPARMOR)).kind() == FileKind.REGULAR;
        return new SecurityModules(selinux, apparmor ? Optional.of(own ? APPARMOR : SHARED) : Optional.empty());
    }

    private static String content(HostFiles files, String path) throws JrunException {
        return ByteString.of(files.read(ByteString.of(path), MAX_BYTES).orElse(new byte[0]))
                .toString();
    }

    /** For the program, as long as the host's proc(5) is there: what is written holds until the next execve(2). */
    List<LifecycleStep> steps(ConfigNode process, Consumer<String> notes) throws JrunException {
        List<LifecycleStep> steps = new ArrayList<>();
        String label = process.string("selinuxLabel").orElse("");
        if (!label.isEmpty() && selinux) {
            steps.add(write(SHARED, label, "set process.selinuxLabel " + label));
        } else if (!label.isEmpty()) {
            notes.accept("process.selinuxLabel: this kernel runs without SELinux, so the label has no effect");
        }
        String profile = process.string("apparmorProfile").orElse("");
        if (profile.isEmpty() || profile.equals("unconfined")) {
            return steps;
        }
        if (profileFile.isPresent()) {
            steps.add(write(profileFile.get(), "exec " + profile, "set process.apparmorProfile " + profile));
        } else {
            notes.accept("process.apparmorProfile: this kernel runs without AppArmor, so the profile has no effect");
        }
        return steps;
    }

    private static LifecycleStep write(String file, String content, String what) {
        return new LifecycleStep.WriteFile(ByteString.of(file), ByteString.of(content), what);
    }

    /** The option that labels a mount, where it is one that can be labelled. */
    Optional<String> mountOption(ConfigNode linux, String type) throws JrunException {
        String label = linux.string("mountLabel").orElse("");
        if (label.contains("\"")) {
            throw linux.required("mountLabel").malformed("with a quotation mark");
        }
        return label.isEmpty() || !selinux || !LABELLED.contains(type)
                ? Optional.empty()
                : Optional.of("context=\"" + label + "\"");
    }

    /** Tells of a label for mounts that is not needed here. */
    void noteMountLabel(ConfigNode linux, Consumer<String> notes) throws JrunException {
        if (!selinux && !linux.string("mountLabel").orElse("").isEmpty()) {
            notes.accept("linux.mountLabel: this kernel runs without SELinux, so the label has no effect");
        }
    }
}
