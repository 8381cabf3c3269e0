package io.jrun.image.source.member;

import java.io.IOException;
import java.util.Optional;

/** The members of one layout or archive. Safe for use by several threads. */
public interface MemberStore {

    /**
     * The regular file of a name, through links inside the store; empty when there is none.
     *
     * @param name components separated by slashes, relative to the top
     * @throws io.jrun.error.CorruptDataException when links lead outside or in a circle
     */
    Optional<Member> find(String name) throws IOException;

    /** The file or directory as the user named it, for messages. */
    String name();
}
