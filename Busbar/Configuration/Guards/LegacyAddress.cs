using System.Globalization;

namespace Busbar.Configuration.Guards;

/// <summary>
/// The old ways to write an IPv4 address that <c>inet_aton</c> understands: one to four parts, each decimal, octal with a leading <c>0</c>, or
/// hexadecimal with <c>0x</c>, the last part filling the bytes that remain.
/// </summary>
internal static class LegacyAddress
{
    /// <summary>True when every part is a number, so that some resolver would take the host for an address.</summary>
    public static bool IsNumeric(string host)
    {
        foreach (string part in host.Split('.'))
        {
            bool numeric = part.StartsWith("0x", StringComparison.Ordinal)
                ? part.AsSpan(2).IndexOfAnyExcept("0123456789abcdef") < 0
                : part.Length > 0 && part.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
            if (!numeric)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads an address.</summary>
    /// <param name="host">A host in lower case for which <see cref="IsNumeric"/> holds.</param>
    /// <param name="address">The address in host order.</param>
    /// <param name="isPlain">True for four decimal parts without leading zeros.</param>
    /// <returns>False when the parts are too many or too large.</returns>
    public static bool TryParse(string host, out uint address, out bool isPlain)
    {
        string[] parts = host.Split('.');
        address = 0;
        isPlain = parts.Length == 4;
        if (parts.Length > 4)
        {
            return false;
        }

        for (int index = 0; index < parts.Length; index++)
        {
            string part = parts[index];
            isPlain &= part.Length == 1 || part[0] != '0';
            int bytes = index == parts.Length - 1 ? 5 - parts.Length : 1;
            if (!TryNumber(part, out ulong number) || number >= 1UL << (8 * bytes))
            {
                return false;
            }

            address = (uint)((bytes == 4 ? 0 : address << (8 * bytes)) | number);
        }

        return true;
    }

    private static bool TryNumber(string part, out ulong number)
    {
        if (part.StartsWith("0x", StringComparison.Ordinal))
        {
            number = 0;
            return part.Length == 2 || ulong.TryParse(part.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        if (part[0] != '0')
        {
            return ulong.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }

        number = 0;
        foreach (char digit in part)
        {
            if (digit > '7' || number > uint.MaxValue)
            {
                return false;
            }

            number = (number * 8) + (ulong)(digit - '0');
        }

        return true;
    }
}
