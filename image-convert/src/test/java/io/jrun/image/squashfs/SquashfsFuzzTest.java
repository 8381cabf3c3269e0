package io.jrun.image.squashfs;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;

/** Any bytes as an image file are read within bounds of time and memory, or refused. */
class SquashfsFuzzTest {

    @FuzzTest(maxDuration = "8m")
    void image(byte[] data) throws IOException {
        HostileImage.readEverything(data);
    }

    /** As the file of another tool around such an image: the table of objects has to be passed first. */
    @FuzzTest(maxDuration = "8m")
    void sif(byte[] data) throws IOException {
        HostileImage.readEverything(data);
    }
}
