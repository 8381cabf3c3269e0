package io.jrun.image.squashfs;

import java.io.IOException;

/** The reference of each inode by its number, from 1: lets NFS servers find a file by its handle. */
final class ExportTable {

    private final byte[] references;

    ExportTable(int inodes) {
        references = new byte[Math.multiplyExact(inodes, 8)];
    }

    int count() {
        return references.length / 8;
    }

    void set(int inodeNumber, long reference) {
        LittleEndian.put64(references, 8 * (inodeNumber - 1), reference);
    }

    long write(ImageOutput out, LookupTableWriter tables) throws IOException {
        return tables.write(out, references, references.length);
    }
}
