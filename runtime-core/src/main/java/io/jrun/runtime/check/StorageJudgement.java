package io.jrun.runtime.check;

import io.jrun.runtime.check.Evidence.Overlay;
import io.jrun.runtime.check.Evidence.Place;
import io.jrun.runtime.check.Evidence.RuntimeDirectory;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import io.jrun.runtime.host.CheckLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Directories: whether they can be written, run programs, and carry the upper layer of an overlay. */
final class StorageJudgement {

    /** Less than this is used up by one image. */
    private static final long LITTLE_SPACE = 1L << 30;

    private static final Map<String, String> SUBJECTS = Map.of(
            "data", "data path",
            "cache", "cache",
            "home", "home",
            "tmp", "/tmp",
            "shm", "/dev/shm",
            "runtime", "XDG_RUNTIME_DIR");

    private static final Map<String, String> OTHER_PLACES = Map.of(
            "data", "point JRUN_DATA_PATH at a directory of yours on a disk of this node",
            "cache", "point XDG_CACHE_HOME at a directory of yours",
            "home", "set HOME to a directory of yours, or set JRUN_DATA_PATH and XDG_CACHE_HOME",
            "tmp", "ask an administrator to mend /tmp",
            "shm", "ask an administrator to mount a tmpfs on /dev/shm");

    private StorageJudgement() {}

    static List<Finding> judge(Map<String, Overlay> overlays, List<Place> places, RuntimeDirectory runtime) {
        List<Finding> findings = new ArrayList<>();
        for (Place place : places) {
            findings.add(place(place));
        }
        findings.add(runtime(runtime));
        overlays.forEach((key, overlay) -> findings.add(overlay(key, overlay)));
        return findings;
    }

    private static Finding place(Place place) {
        String subject = SUBJECTS.getOrDefault(place.key(), place.key());
        String mend = OTHER_PLACES.getOrDefault(place.key(), "use another directory");
        boolean isData = place.key().equals("data");
        boolean isNeeded = isData || place.key().equals("cache");
        Optional<Path> path = place.path();
        if (path.isEmpty()) {
            return troubled(isNeeded, place, subject, "no variable tells where it is", mend);
        }
        if (place.writing() instanceof Refused refused) {
            return troubled(isNeeded, place, subject, path.get() + " cannot be written: " + refused.words(), mend);
        }
        String where = path.get() + " (" + place.fileSystem() + ", " + size(place.freeBytes()) + " free)";
        if (isData && place.options().contains("noexec")) {
            return Finding.missing(
                    place.key(), subject, where + " is mounted noexec: no program of a container runs", mend);
        }
        if (isNeeded && place.freeBytes() < LITTLE_SPACE) {
            return Finding.limited(place.key(), subject, where + " is nearly full", "make room there, or " + mend);
        }
        List<String> notes = new ArrayList<>();
        if (place.options().contains("noexec")) {
            notes.add("noexec");
        }
        if (place.options().contains("nosuid")) {
            notes.add("nosuid");
        }
        String found = notes.isEmpty() ? where : where + ", mounted " + String.join(" and ", notes);
        return Finding.ok(place.key(), subject, found);
    }

    private static Finding troubled(boolean isNeeded, Place place, String subject, String found, String mend) {
        return isNeeded
                ? Finding.missing(place.key(), subject, found, mend)
                : Finding.limited(place.key(), subject, found, mend);
    }

    private static Finding runtime(RuntimeDirectory runtime) {
        String key = CheckLine.RUNTIME_DIRECTORY.key();
        String subject = "XDG_RUNTIME_DIR";
        if (runtime.path().isEmpty()) {
            return Finding.limited(
                    key,
                    subject,
                    "not set; processes that share a container meet in /tmp/jrun-UID instead",
                    "export XDG_RUNTIME_DIR=/run/user/$(id -u) where that directory exists");
        }
        if (runtime.trouble().isPresent()) {
            return Finding.limited(
                    key,
                    subject,
                    runtime.path().get() + " " + runtime.trouble().get(),
                    "unset XDG_RUNTIME_DIR, or set it to a directory of yours with mode 0700 on this node");
        }
        return Finding.ok(key, subject, runtime.path().get().toString());
    }

    private static Finding overlay(String place, Overlay overlay) {
        String key = CheckLine.OVERLAY.key() + "." + place;
        String subject = "overlay on " + SUBJECTS.getOrDefault(place, place);
        if (overlay.trial() instanceof Worked) {
            return Finding.ok(
                    key,
                    subject,
                    "changes to a container can lie in " + overlay.directory() + " (" + overlay.fileSystem() + ")");
        }
        if (overlay.trial() instanceof Refused refused) {
            return Finding.limited(
                    key,
                    subject,
                    "changes to a container cannot lie in " + overlay.directory() + " (" + overlay.fileSystem() + "): "
                            + refused.words(),
                    "keep them in a directory on a disk of this node or in memory");
        }
        String reason = overlay.trial() instanceof NotTried untried ? untried.reason() : "";
        return Finding.limited(key, subject, "not tried: " + reason, "mend that, and check again");
    }

    /** In units of 1024, as df -h prints them. */
    static String size(long bytes) {
        String units = "BKMGTPE";
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length() - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0
                ? bytes + "B"
                : String.format(Locale.ROOT, value < 10 ? "%.1f%c" : "%.0f%c", value, units.charAt(unit));
    }
}
