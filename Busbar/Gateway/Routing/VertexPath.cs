namespace Busbar.Gateway.Routing;

/// <summary>
/// What stands in front of a model in the paths of Vertex AI: <c>/projects/{p}/locations/{l}/publishers/{publisher}</c>, in its express mode the
/// publisher alone.
/// </summary>
internal static class VertexPath
{
    /// <summary>Where that begins in <paramref name="path"/>, which ends with it; -1 where it does not.</summary>
    public static int Before(ReadOnlySpan<char> path, ReadOnlySpan<char> publisher)
    {
        int start = Segment(path, publisher);
        start = start < 0 ? -1 : Segment(path[..start], "publishers");
        if (start < 0)
        {
            return -1;
        }

        int location = NamedSegment(path[..start], "locations");
        int project = location < 0 ? -1 : NamedSegment(path[..location], "projects");
        return project < 0 ? start : project;
    }

    // Where the segment before the last begins, if it is called that and the last has a name.
    private static int NamedSegment(ReadOnlySpan<char> path, ReadOnlySpan<char> collection)
    {
        int last = path.LastIndexOf('/');
        return last < 0 || last == path.Length - 1 ? -1 : Segment(path[..last], collection);
    }

    // Where the last segment begins, with its slash, if it is this one.
    private static int Segment(ReadOnlySpan<char> path, ReadOnlySpan<char> segment)
    {
        int last = path.LastIndexOf('/');
        return last >= 0 && path[(last + 1)..].SequenceEqual(segment) ? last : -1;
    }
}
