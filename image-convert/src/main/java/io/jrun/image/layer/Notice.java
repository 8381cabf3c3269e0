package io.jrun.image.layer;

/** What a merge left out or changed, and why; counted, and told once at the end. */
public enum Notice {
    UNKNOWN_ENTRY_TYPE("entries of a type that tar(5) does not define were left out"),
    VOLUME_LABEL("volume labels and other records that are no files were left out"),
    AUFS_METADATA("records of the aufs storage driver (.wh..wh.*) were left out"),
    BELOW_WHITEOUT("entries below a name that marks a whiteout (.wh.*) were left out"),
    NAME_ABOVE_ROOT("names that lead above the root (..) were held inside it"),
    PARENT_NO_DIRECTORY("files that have entries below them were replaced by directories"),
    IMPLICIT_DIRECTORY("directories without an entry of their own were made, mode 0755, owner 0:0, time 0"),
    XATTR_TOO_LARGE("extended attributes beyond the limits of Linux (name 255 bytes, value 64 KiB) were left out"),
    XATTR_NAME_NOT_TEXT("extended attributes whose name is empty or not UTF-8 were left out"),
    ACL_AS_TEXT("access control lists and labels that tar recorded as text were left out"),
    NO_END_MARKER("layers end without the two blocks of zeros that close an archive");

    private final String text;

    Notice(String text) {
        this.text = text;
    }

    /** A sentence in the plural, lower case, without a full stop. */
    public String text() {
        return text;
    }
}
