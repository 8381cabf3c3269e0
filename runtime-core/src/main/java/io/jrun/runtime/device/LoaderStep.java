package io.jrun.runtime.device;

import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.loader.ImageLibraries;
import io.jrun.runtime.loader.InjectedLibrary;
import io.jrun.runtime.loader.Libc;
import io.jrun.runtime.loader.LoaderFile;
import io.jrun.runtime.loader.Preflight;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The last step: the dynamic linker of the image learns of the libraries, and it is told which will not work. */
public final class LoaderStep {

    private static final int MAX_MISFITS_TOLD = 5;

    private LoaderStep() {}

    public static void apply(DeviceSet.Builder set, RootedTree image) {
        List<InjectedLibrary> libraries = set.libraries();
        if (libraries.isEmpty()) {
            return;
        }
        ImageLibraries found = ImageLibraries.of(image);
        found.damage().ifPresent(text -> set.warning("the image's own loader cache is not used: " + text));
        if (found.libc() == Libc.NONE) {
            set.detail("the image has no dynamic linker: no library of the host will be looked for");
            return;
        }
        set.loader(LoaderFile.of(found, libraries));
        if (found.libc() == Libc.MUSL) {
            set.warning("the image has musl and the driver's libraries need glibc: programs that load them will fail;"
                    + " use an image with glibc (Debian, Ubuntu, Rocky), or install gcompat in it");
            return;
        }
        Map<String, String> texts = new LinkedHashMap<>();
        Preflight.check(found, libraries).forEach(misfit -> texts.putIfAbsent(misfit.text(), ""));
        texts.keySet().stream().limit(MAX_MISFITS_TOLD).forEach(set::warning);
        if (texts.size() > MAX_MISFITS_TOLD) {
            set.warning((texts.size() - MAX_MISFITS_TOLD) + " more libraries of the host do not fit the image");
        }
        if (!texts.isEmpty()) {
            set.warning("programs that load them will fail: use an image with a newer C library (a later release of its"
                    + " distribution), or a node with an older driver");
        }
    }
}
