package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What images without a config of ours say in files of their own: those of Charliecloud their variables in
 * {@code /ch/environment}, those of enroot in {@code /etc/environment} and how to begin in {@code /etc/rc}.
 */
final class ForeignImage {

    static final String CHARLIECLOUD = "/ch/environment";
    static final String ENROOT = "/etc/environment";
    static final String SCRIPT = "/etc/rc";

    private ForeignImage() {}

    /** The lines NAME=VALUE; all others are left out, since the file may be another program's. */
    static ImageSettings settings(byte[] environment, boolean script) {
        List<ImageSettings.Variable> variables = new ArrayList<>();
        for (ByteString line : ColonLine.lines(environment)) {
            int equals = line.indexOf('=', 0);
            if (equals > 0 && line.byteAt(0) != '#' && line.indexOf(' ', 0) != 0) {
                ByteString value = withoutQuotes(line.substring(equals + 1));
                variables.add(new ImageSettings.Variable(line.substring(0, equals), value));
            }
        }
        List<ByteString> entrypoint = script ? List.of(ByteString.of("/bin/sh"), ByteString.of(SCRIPT)) : List.of();
        return new ImageSettings(
                variables, entrypoint, List.of(), Optional.empty(), Optional.empty(), List.of(), Optional.empty());
    }

    /** As pam_env(8) reads the file; enroot and Charliecloud write no quotes. */
    private static ByteString withoutQuotes(ByteString value) {
        int last = value.length() - 1;
        boolean quoted = last > 0
                && (value.byteAt(0) == '"' || value.byteAt(0) == '\'')
                && value.byteAt(last) == value.byteAt(0);
        return quoted ? value.substring(1, last) : value;
    }
}
