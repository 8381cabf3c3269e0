package io.jrun.runtime.config;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileStatus;
import java.util.Optional;

/** Something that was looked at, and that a plan made from it depends on. */
public sealed interface Consulted {

    /** A file or directory as stat(2) found it, or its absence. A directory changes when a name in it comes or goes. */
    record File(ByteString path, FileStatus status) implements Consulted {}

    record Variable(ByteString name, Optional<ByteString> value) implements Consulted {}
}
