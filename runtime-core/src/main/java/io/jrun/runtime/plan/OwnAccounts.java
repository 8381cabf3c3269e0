package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.plan.PlanStep.Identity;
import java.util.Optional;

/** Who the payload finds itself to be: /etc/passwd and /etc/group of this start, and the names and home they give. */
final class OwnAccounts {

    static final String PASSWD = "/etc/passwd";
    static final String GROUP = "/etc/group";
    private static final ByteString SHELL = ByteString.of("/bin/sh");
    private static final ByteString SLASH = ByteString.of("/");

    private final HostFacts host;
    private final Choice<Identity> identity;
    private final MountPlanner mounts;
    private final Optional<byte[]> passwd;
    private final Optional<byte[]> group;
    private final HostFacts inside;

    /** @param image asked for its own accounts */
    OwnAccounts(HostFacts host, Choice<Identity> identity, MountPlanner mounts, ImageFacts image) throws JrunException {
        this.host = host;
        this.identity = identity;
        this.mounts = mounts;
        this.passwd = image.file(PASSWD);
        this.group = image.file(GROUP);
        this.inside = InsideIdentity.of(host, identity.value(), passwd, group);
    }

    /** As root of the namespace the image's own accounts fit, and package managers must be able to change them. */
    private boolean areCallers() {
        return identity.value().uid().orElse(host.uid()) != 0
                || identity.value().isSelf();
    }

    private String origin() {
        return areCallers() ? "image's accounts and host account" : "image's accounts and root";
    }

    /**
     * @param shownHome where his home directory is mounted
     * @param homeOrigin what asked for that mount
     */
    EnvironmentPolicy.Caller caller(Optional<ByteString> shownHome, Optional<String> homeOrigin) throws UsageException {
        if (!areCallers()) {
            return new EnvironmentPolicy.Caller(ByteString.of("root"), home(ByteString.of("/root")), identity.origin());
        }
        PasswdEntry entry = AccountFiles.caller(inside, SLASH, SHELL);
        ByteString wanted = shownHome.isPresent()
                ? shownHome.get()
                : inside.account().isPresent() ? inside.account().get().home() : SLASH;
        ByteString home = home(wanted);
        boolean found = home.equals(wanted);
        String origin = shownHome.isPresent() ? homeOrigin.orElseThrow() : "host account";
        return new EnvironmentPolicy.Caller(
                entry.name(), home, found ? origin : "default: the account's is not in the container");
    }

    /** The caller's home where the container has it, or the root. */
    private ByteString home(ByteString wanted) throws UsageException {
        boolean absolute = !wanted.isEmpty() && wanted.byteAt(0) == '/';
        return absolute && mounts.hasDirectory(wanted) ? wanted : SLASH;
    }

    private ByteString shell() throws UsageException {
        if (inside.account().isEmpty()) {
            return SHELL;
        }
        ByteString wanted = inside.account().get().shell();
        boolean absolute = !wanted.isEmpty() && wanted.byteAt(0) == '/';
        return absolute && mounts.look(wanted).kind() == FileKind.REGULAR ? wanted : SHELL;
    }

    /** Lays the two files beside the plan, but for those that the caller leaves out. */
    void plan(ByteString home, MountExclusions exclusions, SideLayer side) throws JrunException {
        if (areCallers()) {
            PasswdEntry entry = AccountFiles.caller(inside, home, shell());
            show(PASSWD, Optional.of(AccountFiles.passwd(passwd, entry)), exclusions, side);
            show(GROUP, Optional.of(AccountFiles.group(group, inside, entry.name())), exclusions, side);
        } else {
            show(PASSWD, AccountFiles.passwdWithRoot(passwd), exclusions, side);
            show(GROUP, AccountFiles.groupWithRoot(group), exclusions, side);
        }
    }

    private void show(String path, Optional<ByteString> content, MountExclusions exclusions, SideLayer side)
            throws JrunException {
        if (content.isPresent() && !exclusions.excludes(path)) {
            side.show(path, content.get(), origin());
        }
    }
}
