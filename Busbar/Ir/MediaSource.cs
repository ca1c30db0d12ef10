namespace Busbar.Ir;

/// <summary>Where the bytes of an image, document, sound or video are.</summary>
internal enum MediaSource : byte
{
    /// <summary>In <see cref="Block.Data"/>, base64.</summary>
    Base64,

    /// <summary>At the address in <see cref="Block.Data"/>.</summary>
    Url,

    /// <summary>Plain text in <see cref="Block.Text"/>.</summary>
    Text,

    /// <summary>Blocks in <see cref="Block.Children"/>.</summary>
    Blocks,

    /// <summary>
    /// A file held by the vendor <see cref="Block.Origin"/>, named by <see cref="Block.Data"/> (file id, <c>s3://</c> or <c>gs://</c> address).
    /// </summary>
    Vendor,
}
