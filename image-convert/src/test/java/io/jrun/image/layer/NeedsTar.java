package io.jrun.image.layer;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/** Skips, with the reason, where tar(1) is missing; {@code -Djrun.require=tar} makes the skip a failure. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("needs-tar")
@ExtendWith(NeedsTar.Condition.class)
@interface NeedsTar {

    /** Looks for the program. */
    final class Condition extends ProgramCondition {

        Condition() {
            super("tar", "tar");
        }
    }
}
