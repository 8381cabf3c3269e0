package io.jrun.image.tree;

/**
 * What every inode carries beside its content.
 *
 * @param permissions the low 12 bits of st_mode: rwx for three, sticky, set-group-ID, set-user-ID
 * @param uid 0 to 2^32-1, as recorded in the image, not as mapped on any host
 * @param gid as {@code uid}
 * @param mtimeSeconds seconds since the epoch, negative before; writers clamp to what their format can hold
 * @param mtimeNanos 0 to 999,999,999, added to the seconds
 */
public record Metadata(int permissions, long uid, long gid, long mtimeSeconds, int mtimeNanos, Xattrs xattrs) {

    public static final long MAX_ID = 0xffff_ffffL;

    public Metadata {
        if ((permissions & ~0xfff) != 0) {
            throw new IllegalArgumentException("permissions beyond 07777: " + Integer.toOctalString(permissions));
        }
        if (uid < 0 || uid > MAX_ID || gid < 0 || gid > MAX_ID) {
            throw new IllegalArgumentException("uid or gid outside 0 to 2^32-1: " + uid + ", " + gid);
        }
        if (mtimeNanos < 0 || mtimeNanos > 999_999_999) {
            throw new IllegalArgumentException("nanoseconds outside 0 to 999999999: " + mtimeNanos);
        }
    }
}
