package io.jrun.image.writer.directory;

/**
 * What an extraction made and what it could not keep. All counts are of inodes, but for the attributes.
 *
 * @param inodes all that were made, directories among them
 * @param bytes of contents
 * @param droppedDevices device nodes that this user may not make
 * @param droppedOwners inodes that belong to the caller instead of the recorded user and group
 * @param droppedXattrs attributes (capabilities among them) that this user or file system may not set
 * @param droppedSetIds files whose set-user-ID and set-group-ID bits were left out: they would lend the caller's own
 *     identity to everyone who can reach them
 * @param widenedModes files made readable and directories made fully accessible for their owner, the caller
 */
public record ExtractionReport(
        long inodes,
        long bytes,
        long droppedDevices,
        long droppedOwners,
        long droppedXattrs,
        long droppedSetIds,
        long widenedModes) {}
