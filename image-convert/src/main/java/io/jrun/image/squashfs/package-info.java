/**
 * squashfs 4.0, written and read: one class per part of the format. Knows file trees and nothing of layers, registries
 * or the host's file systems; names are bytes. Source: Linux kernel, fs/squashfs/squashfs_fs.h and
 * Documentation/filesystems/squashfs.rst.
 */
package io.jrun.image.squashfs;
