package androidx.test.espresso.assertion;

import android.view.View;
import androidx.test.espresso.ViewAssertion;
import org.hamcrest.Matcher;

public final class ViewAssertions {
    private ViewAssertions() {}

    public static native ViewAssertion matches(Matcher<? super View> viewMatcher);
}
