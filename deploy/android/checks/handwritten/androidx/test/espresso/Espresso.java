package androidx.test.espresso;

import android.view.View;
import org.hamcrest.Matcher;

public final class Espresso {
    private Espresso() {}

    public static native ViewInteraction onView(Matcher<View> viewMatcher);
}
