namespace Busbar.Upstream.Credentials;

/// <summary>Which AWS region a Bedrock host belongs to.</summary>
internal static class AwsRegion
{
    /// <summary>The region used when a host names none.</summary>
    public const string Default = "us-east-1";

    /// <summary>
    /// The region named by the label after <c>bedrock-runtime</c>, <c>bedrock</c> or their <c>-fips</c> forms. Returns false and
    /// <see cref="Default"/> when the host has no such label, which deserves a warning.
    /// </summary>
    public static bool TryFromHost(string host, out string region)
    {
        string[] labels = host.Split(':')[0].ToLowerInvariant().Split('.');
        for (int index = 0; index + 1 < labels.Length; index++)
        {
            if (labels[index] is "bedrock-runtime" or "bedrock-runtime-fips" or "bedrock" or "bedrock-fips" && LooksLikeRegion(labels[index + 1]))
            {
                region = labels[index + 1];
                return true;
            }
        }

        region = Default;
        return false;
    }

    // Such as eu-central-1 or us-gov-west-1.
    private static bool LooksLikeRegion(string label)
    {
        string[] parts = label.Split('-');
        return parts.Length >= 3
            && Array.TrueForAll(parts[..^1], part => part.Length > 0 && part.All(char.IsAsciiLetterLower))
            && parts[^1].Length > 0 && parts[^1].All(char.IsAsciiDigit);
    }
}
