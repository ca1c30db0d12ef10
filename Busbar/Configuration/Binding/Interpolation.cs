using System.Text;

namespace Busbar.Configuration.Binding;

/// <summary>Puts environment variables into scalars: <c>${NAME}</c>, without defaults, nesting or escapes.</summary>
internal static class Interpolation
{
    /// <summary>Names of the variables in <paramref name="raw"/>, which need not exist.</summary>
    public static IReadOnlyList<string> Names(string raw)
    {
        List<string> names = [];
        int start = raw.IndexOf("${", StringComparison.Ordinal);
        while (start >= 0 && raw.IndexOf('}', start) is > 0 and var end)
        {
            names.Add(raw[(start + 2)..end]);
            start = raw.IndexOf("${", end, StringComparison.Ordinal);
        }

        return names;
    }

    /// <summary>
    /// Replaces every <c>${NAME}</c> of <paramref name="raw"/>. What a variable holds is not looked at again. A lone <c>$</c> is plain text.
    /// </summary>
    /// <param name="raw">The scalar as written.</param>
    /// <param name="environment">Where variables are looked up.</param>
    /// <param name="value">The result; <paramref name="raw"/> on failure.</param>
    /// <returns>Null, or what is wrong; the text names the variable and never shows its value.</returns>
    public static string? Expand(string raw, IEnvironment environment, out string value)
    {
        value = raw;
        int start = raw.IndexOf("${", StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        StringBuilder result = new(raw.Length);
        int copied = 0;
        while (start >= 0)
        {
            int end = raw.IndexOf('}', start);
            if (end < 0)
            {
                return "a variable reference '${' has no closing '}'";
            }

            string name = raw[(start + 2)..end];
            if (name.Length == 0)
            {
                return "a variable reference '${}' has no name";
            }

            string? content = environment.Get(name);
            if (content is null)
            {
                return $"the environment variable '{name}' is not set";
            }

            int control = content.AsSpan().IndexOfAny(ControlCharacters.All);
            if (control >= 0)
            {
                return $"the environment variable '{name}' contains the control character U+{(int)content[control]:X4}";
            }

            result.Append(raw, copied, start - copied).Append(content);
            copied = end + 1;
            start = raw.IndexOf("${", copied, StringComparison.Ordinal);
        }

        value = result.Append(raw, copied, raw.Length - copied).ToString();
        return null;
    }
}
