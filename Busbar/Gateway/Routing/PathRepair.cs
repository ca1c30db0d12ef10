namespace Busbar.Gateway.Routing;

/// <summary>
/// Reads paths that no route has the way their sender meant them: base URLs are typed by people, with a slash too many, a version twice or none at
/// all. Asked only where no route fits, so nothing that means something is reinterpreted.
/// </summary>
internal static class PathRepair
{
    private const string Version = "/v1";

    // What clients append to a base URL that was to end in the version.
    private static readonly string[] Unversioned =
        ["/chat/completions", "/messages", "/messages/count_tokens", "/responses", "/responses/input_tokens", "/responses/compact", "/embeddings"];

    /// <summary>Another reading of <paramref name="path"/>; null when there is none.</summary>
    public static string? Of(ReadOnlySpan<char> path)
    {
        string tidy = Tidy(path);
        foreach (string tail in Unversioned)
        {
            if (tidy.EndsWith(tail, StringComparison.Ordinal) && !tidy.EndsWith(Version + tail, StringComparison.Ordinal))
            {
                return string.Concat(tidy.AsSpan(0, tidy.Length - tail.Length), Version, tail);
            }
        }

        return path.SequenceEqual(tidy) ? null : tidy;
    }

    /// <summary>
    /// The name in front of a path without what is only a version or a slash too many: clients whose base URL ends in one, and that add another, mean
    /// no pool. Null when nothing else is left.
    /// </summary>
    public static string? NameWithoutVersion(string? name)
    {
        while (name is not null)
        {
            int slash = name.LastIndexOf('/');
            string last = name[(slash + 1)..];
            if (last is not ("" or "v1" or "v1beta" or "v1alpha" or "v1beta1" or "v2"))
            {
                break;
            }

            name = slash < 0 ? null : name[..slash];
        }

        return name;
    }

    // Single slashes, none at the end.
    private static string Tidy(ReadOnlySpan<char> path)
    {
        var tidy = new System.Text.StringBuilder(path.Length);
        foreach (char letter in path)
        {
            if (letter != '/' || tidy.Length == 0 || tidy[^1] != '/')
            {
                tidy.Append(letter);
            }
        }

        while (tidy.Length > 1 && tidy[^1] == '/')
        {
            tidy.Length--;
        }

        return tidy.ToString();
    }
}
