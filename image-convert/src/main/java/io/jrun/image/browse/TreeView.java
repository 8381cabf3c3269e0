package io.jrun.image.browse;

import io.jrun.error.CorruptDataException;
import io.jrun.image.tree.EntryName;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** A file tree that is read a directory at a time. Files are valid for the view they came from, until it is closed. */
public interface TreeView extends Closeable {

    /** As the user named it, for messages. */
    String name();

    ViewedFile root() throws IOException;

    /** Takes the names of one directory in ascending order of bytes. */
    interface Visitor {

        /** @return whether to go on */
        boolean entry(EntryName name, Opener file) throws IOException;
    }

    /** Reads an inode when it is needed: listing names alone touches none. */
    interface Opener {
        ViewedFile open() throws IOException;
    }

    void list(ViewedFile directory, Visitor visitor) throws IOException;

    Optional<ViewedFile> child(ViewedFile directory, EntryName name) throws IOException;

    /**
     * Whether owners, extended attributes, devices and all permissions are those of the image: a tree that an
     * unprivileged user unpacked has lost them.
     */
    boolean keepsEverything();

    /** For a tree that cannot be one, such as a directory inside itself. */
    CorruptDataException impossible(String why);
}
