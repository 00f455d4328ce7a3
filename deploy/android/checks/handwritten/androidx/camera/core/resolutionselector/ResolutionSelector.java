package androidx.camera.core.resolutionselector;

public final class ResolutionSelector {
    private ResolutionSelector() {}

    public static final class Builder {
        public native Builder setResolutionStrategy(ResolutionStrategy strategy);

        public native ResolutionSelector build();
    }
}
